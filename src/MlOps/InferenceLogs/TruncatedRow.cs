using System.Text.Json;

namespace MlOps.InferenceLogs;

/// <summary>Keeps of an over-long row the fields at its beginning that fit.</summary>
internal static class TruncatedRow
{
    /// <summary>Most bytes of a row's inputs in the log.</summary>
    public const int MostBytes = 64 << 10;

    /// <summary>The row itself when it is short enough, else its beginning up to the last field that fits, without the closing brace.</summary>
    /// <param name="row">An object that is known to be JSON.</param>
    public static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> row)
    {
        if (row.Length <= MostBytes)
        {
            return row;
        }

        var reader = new Utf8JsonReader(row, new JsonReaderOptions { MaxDepth = 128 });
        reader.Read();
        var kept = reader.BytesConsumed;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            reader.Read();
            reader.Skip();
            if (reader.BytesConsumed + 1 > MostBytes)
            {
                break;
            }

            kept = reader.BytesConsumed;
        }

        return row[..(int)kept];
    }
}
