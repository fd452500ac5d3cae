using System.Text.Json;
using System.Text.Unicode;

namespace MlOps.Requests;

/// <summary>What is asked of any JSON beyond its grammar: names once, and texts that every database and client can hold.</summary>
internal static class JsonText
{
    public const int MaxDepth = 64;

    private static ReadOnlySpan<byte> ByteOrderMark => "\uFEFF"u8;

    /// <param name="what">Names the text in a refusal.</param>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.MalformedBody"/>.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> bytes, string what)
    {
        if (!Utf8.IsValid(bytes.Span))
        {
            throw new MlOpsException(ErrorCode.MalformedBody, $"{what} is not valid UTF-8.");
        }

        try
        {
            return JsonDocument.Parse(WithoutMark(bytes), new JsonDocumentOptions { MaxDepth = MaxDepth });
        }
        catch (JsonException broken)
        {
            throw new MlOpsException(
                ErrorCode.MalformedBody,
                $"{what} is not JSON, or nested deeper than {MaxDepth} levels: line {broken.LineNumber + 1}, byte {broken.BytePositionInLine + 1}.");
        }
    }

    /// <summary>The text behind the mark that some editors and shells put before UTF-8.</summary>
    public static ReadOnlyMemory<byte> WithoutMark(ReadOnlyMemory<byte> json) => json.Span.StartsWith(ByteOrderMark) ? json[ByteOrderMark.Length..] : json;

    /// <summary>Finds duplicate names, and texts with NUL or half surrogate pairs, in JSON that has been parsed.</summary>
    public static void Check(ReadOnlySpan<byte> json, FaultList faults, string pointer = "")
    {
        if (json.IsEmpty)
        {
            return;
        }

        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        reader.Read();
        Check(ref reader, pointer, faults);
    }

    /// <summary>The text of a value, or null when it is none that may be kept (which the check has told).</summary>
    public static string? Of(JsonElement element)
    {
        try
        {
            return element.ValueKind == JsonValueKind.String ? element.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The name of a property, or null when it is none that may be kept.</summary>
    public static string? NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static void Check(ref Utf8JsonReader reader, string pointer, FaultList faults)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                HashSet<string> seen = [];
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var name = Text(ref reader, pointer, faults) ?? "";
                    var at = $"{pointer}/{FaultList.Escape(name)}";
                    if (!seen.Add(name))
                    {
                        faults.Add(at, $"'{name}' is there twice.");
                    }

                    reader.Read();
                    Check(ref reader, at, faults);
                }

                break;
            case JsonTokenType.StartArray:
                for (var index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
                {
                    Check(ref reader, $"{pointer}/{index}", faults);
                }

                break;
            case JsonTokenType.String when reader.ValueIsEscaped:
                Text(ref reader, pointer, faults);
                break;
        }
    }

    // Raw control characters are no JSON and invalid UTF-8 was refused before, so only an escape can hide what may not be.
    private static string? Text(ref Utf8JsonReader reader, string pointer, FaultList faults)
    {
        try
        {
            var text = reader.GetString()!;
            if (!text.Contains('\0', StringComparison.Ordinal))
            {
                return text;
            }
        }
        catch (InvalidOperationException)
        {
        }

        faults.Add(pointer, "A text here holds NUL or half a surrogate pair: remove it.");
        return null;
    }
}
