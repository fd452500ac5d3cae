using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MlOps.Tests.Registration;

/// <summary>Finds the lines of metadata that a refusal prints: <c>"classes": ["no", "yes"]</c>.</summary>
internal static class ProposedLines
{
    public static IEnumerable<(string Key, JsonNode Value)> In(string detail, IEnumerable<string> keys)
    {
        var found = new List<(int At, string Key, JsonNode Value)>();
        foreach (var key in keys)
        {
            var mark = $"\"{key}\": ";
            for (var at = detail.IndexOf(mark, StringComparison.Ordinal); at >= 0; at = detail.IndexOf(mark, at + 1, StringComparison.Ordinal))
            {
                if (Value(detail[(at + mark.Length)..]) is { } value)
                {
                    found.Add((at, key, value));
                }
            }
        }

        return found.OrderBy(line => line.At).Select(line => (line.Key, line.Value));
    }

    private static JsonNode? Value(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        try
        {
            var reader = new Utf8JsonReader(bytes, isFinalBlock: false, default);
            return reader.Read() && JsonDocument.TryParseValue(ref reader, out var document) ? JsonNode.Parse(document.RootElement.GetRawText()) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
