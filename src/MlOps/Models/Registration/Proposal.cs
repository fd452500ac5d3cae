using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MlOps.Models.Registration;

/// <summary>Writes lines of metadata to be pasted: <c>"classes": ["no", "yes"]</c>. What only the trainer knows is marked, as <c>"&lt;class 0&gt;"</c>.</summary>
internal static class Proposal
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A property of the metadata as one line.</summary>
    public static string Line(string key, JsonNode value)
    {
        var line = new StringBuilder();
        Write(line, JsonValue.Create(key));
        line.Append(": ");
        Write(line, value);
        return line.ToString();
    }

    public static string Classes(IEnumerable<string> names) => Line("classes", List(names));

    /// <summary>The line to be filled in: places marked as <c>"&lt;class 0&gt;"</c>.</summary>
    public static string MarkedClasses(int count) => Classes(Enumerable.Range(0, count).Select(index => $"<class {index}>"));

    /// <summary>The <c>outputs</c> line: what the metadata has, with what is to be added.</summary>
    public static string Outputs(OutputsEntry existing, ScoreKind? kind = null, IReadOnlyList<string>? scores = null, string? label = null)
    {
        var outputs = new JsonObject();
        if ((label ?? existing.Label) is { } labelName)
        {
            outputs["label"] = labelName;
        }

        if ((scores ?? (existing.Scores.IsDefault ? null : existing.Scores)) is { } names)
        {
            outputs["scores"] = names is [var only] ? only : List(names);
        }

        if ((kind ?? existing.Kind) is { } known)
        {
            outputs["kind"] = known.ToString().ToLowerInvariant();
        }

        return Line("outputs", outputs);
    }

    /// <summary>The <c>features</c> line: the entries that are there, with some replaced or added.</summary>
    public static string Features(ModelMetadata metadata, IReadOnlyList<JsonObject> entries)
    {
        var changed = entries.ToDictionary(entry => entry["name"]!.GetValue<string>(), StringComparer.Ordinal);
        var list = new JsonArray();
        if (metadata.ListsFeatures)
        {
            foreach (var entry in metadata.Features)
            {
                list.Add(changed.Remove(entry.Name, out var replacement) ? replacement : JsonNode.Parse(entry.Source.GetRawText()));
            }
        }

        foreach (var entry in entries.Where(entry => changed.ContainsKey(entry["name"]!.GetValue<string>())))
        {
            list.Add(entry);
        }

        return Line("features", list);
    }

    /// <summary>What <c>inputs</c> holds already, to be added to.</summary>
    public static JsonObject Inputs(ModelMetadata metadata) =>
        new(metadata.Inputs.Select(entry => KeyValuePair.Create(entry.Input, (JsonNode?)List(entry.Features))));

    /// <summary>What <c>constants</c> holds already, to be added to.</summary>
    public static JsonObject Constants(ModelMetadata metadata) =>
        new(metadata.Constants.Select(constant => KeyValuePair.Create(constant.Input, JsonNode.Parse(constant.Value.GetRawText()))));

    public static JsonObject Feature(string name, string type) => new() { ["name"] = name, ["dtype"] = type };

    /// <summary>The entry of a feature as written, to be changed.</summary>
    public static JsonObject Copy(FeatureEntry entry) => (JsonObject)JsonNode.Parse(entry.Source.GetRawText())!;

    public static JsonArray List(IEnumerable<string> names) => new([.. names.Select(name => (JsonNode)JsonValue.Create(name))]);

    public static JsonNode? Node(Scalar value) => value.Kind switch
    {
        ScalarKind.Boolean => JsonValue.Create(value.AsInteger == 1),
        ScalarKind.Integer => JsonValue.Create(value.AsInteger!.Value),
        ScalarKind.Number when double.IsFinite(value.AsNumber!.Value) => JsonValue.Create(value.AsNumber!.Value),
        ScalarKind.Null => null,
        _ => JsonValue.Create(value.ToString()),
    };

    private static void Write(StringBuilder line, JsonNode? node)
    {
        switch (node)
        {
            case JsonArray array:
                Join(line, '[', array, item => Write(line, item), ']');
                break;
            case JsonObject properties:
                Join(
                    line,
                    '{',
                    properties,
                    property =>
                    {
                        Write(line, JsonValue.Create(property.Key));
                        line.Append(": ");
                        Write(line, property.Value);
                    },
                    '}');
                break;
            default:
                line.Append(node?.ToJsonString(Readable) ?? "null");
                break;
        }
    }

    private static void Join<T>(StringBuilder line, char open, IEnumerable<T> items, Action<T> write, char close)
    {
        line.Append(open);
        var first = true;
        foreach (var item in items)
        {
            line.Append(first ? "" : ", ");
            write(item);
            first = false;
        }

        line.Append(close);
    }
}
