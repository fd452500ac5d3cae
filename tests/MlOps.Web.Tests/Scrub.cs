using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MlOps.Tests;

/// <summary>Puts words where an answer has another value each time, so that its shape can be approved.</summary>
internal static partial class Scrub
{
    public static JsonElement Of(JsonElement answer) => JsonSerializer.SerializeToElement(Node(JsonNode.Parse(answer.GetRawText()), ""));

    private static JsonNode? Node(JsonNode? node, string name) => node switch
    {
        JsonObject fields => new JsonObject(fields.Select(field => KeyValuePair.Create(field.Key, Node(field.Value, field.Key)))),
        JsonArray items => new JsonArray([.. items.Select(item => Node(item, name))]),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => Text(value.GetValue<string>()),
        JsonValue value when value.GetValueKind() == JsonValueKind.Number && (name.EndsWith("_us", StringComparison.Ordinal) || name.EndsWith("_ms", StringComparison.Ordinal)) => 0,
        // The last digits of a float depend on the machine.
        JsonValue value when value.GetValueKind() == JsonValueKind.Number => Math.Round(value.GetValue<double>(), 4),
        _ => node?.DeepClone(),
    };

    private static string Text(string text) => text switch
    {
        _ when Guid.TryParse(text, CultureInfo.InvariantCulture, out _) => "<id>",
        _ when Time().IsMatch(text) => "<time>",
        _ when Hash().IsMatch(text) => "<sha256>",
        _ when text.StartsWith("mlops_", StringComparison.Ordinal) => "<key>",
        _ => Id().Replace(text, "<id>"),
    };

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
    private static partial Regex Time();

    [GeneratedRegex("^[0-9a-f]{64}$")]
    private static partial Regex Hash();

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex Id();
}
