using System.Text.Json;

namespace MlOps.Predictions;

/// <summary>How many rows a body that was refused came with.</summary>
public static class SentRows
{
    /// <summary>Null when that cannot be told.</summary>
    public static int? Count(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(PredictBody.Text(body), new JsonReaderOptions { MaxDepth = 128 });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            int? rows = null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isInputs = reader.ValueTextEquals("inputs"u8);
                reader.Read();
                if (isInputs)
                {
                    rows = reader.TokenType switch
                    {
                        JsonTokenType.StartObject => Skipped(ref reader),
                        JsonTokenType.StartArray => Elements(ref reader),
                        _ => null,
                    };
                }
                else
                {
                    reader.Skip();
                }
            }

            return rows;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static int Skipped(ref Utf8JsonReader reader)
    {
        reader.Skip();
        return 1;
    }

    private static int Elements(ref Utf8JsonReader reader)
    {
        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            reader.Skip();
            count++;
        }

        return count;
    }
}
