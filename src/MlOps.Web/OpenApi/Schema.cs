using System.Text.Json.Nodes;

namespace MlOps.OpenApi;

/// <summary>A JSON Schema, as the document shows it. Immutable; a named one becomes a component.</summary>
internal sealed class Schema
{
    private readonly JsonObject node;
    private readonly Field[] fields;
    private readonly Schema? items;
    private readonly Schema[] choices;

    private Schema(JsonObject node, Field[]? fields = null, Schema? items = null, Schema[]? choices = null, string? name = null)
    {
        this.node = node;
        this.fields = fields ?? [];
        this.items = items;
        this.choices = choices ?? [];
        Name = name;
    }

    public string? Name { get; }

    public static Schema Any { get; } = new(new JsonObject());

    public static Schema Flag { get; } = new(Typed("boolean"));

    public static Schema Number { get; } = new(Typed("number"));

    public static Schema Count { get; } = new(new JsonObject { ["type"] = "integer", ["format"] = "int64", ["minimum"] = 0 });

    public static Schema Id { get; } = new(new JsonObject { ["type"] = "string", ["format"] = "uuid" });

    /// <summary>RFC 3339 with its zone; answers are UTC, whole seconds.</summary>
    public static Schema Time { get; } = new(new JsonObject { ["type"] = "string", ["format"] = "date-time" });

    public static Schema Text() => new(Typed("string"));

    public static Schema Text(int longest, int shortest = 0) => new(Lengths(Typed("string"), "Length", shortest, longest));

    /// <summary>A text that is neither empty nor blank.</summary>
    public static Schema NameText(int longest)
    {
        var node = Lengths(Typed("string"), "Length", 1, longest);
        node["pattern"] = @"\S";
        return new(node);
    }

    public static Schema Integer(long least, long most) =>
        new(new JsonObject { ["type"] = "integer", ["format"] = "int64", ["minimum"] = least, ["maximum"] = most });

    public static Schema Share(double least, double most) => new(new JsonObject { ["type"] = "number", ["minimum"] = least, ["maximum"] = most });

    public static Schema Choice(params IEnumerable<string> texts) =>
        new(new JsonObject { ["type"] = "string", ["enum"] = new JsonArray([.. texts.Select(text => (JsonNode)text)]) });

    /// <summary>One value and no other.</summary>
    public static Schema Only(bool value) => new(new JsonObject { ["type"] = "boolean", ["enum"] = new JsonArray(value) });

    public static Schema Null { get; } = new(Typed("null"));

    public static Schema Array(Schema items, int least = 0, int? most = null, bool unique = false)
    {
        var node = Lengths(Typed("array"), "Items", least, most);
        if (unique)
        {
            node["uniqueItems"] = true;
        }

        return new(node, items: items);
    }

    /// <summary>An object that may have further fields: what we answer may grow.</summary>
    public static Schema Object(params Field[] fields) => new(Typed("object"), fields);

    /// <summary>An object in which an unknown field is refused: what we are sent.</summary>
    public static Schema Closed(params Field[] fields) => new(new JsonObject { ["type"] = "object", ["additionalProperties"] = false }, fields);

    /// <summary>An object with any names and values of one shape.</summary>
    public static Schema Map(Schema values) => new(Typed("object"), items: values);

    public static Schema OneOf(params Schema[] choices) => new(new JsonObject(), choices: choices);

    public Schema Named(string name) => new(node, fields, items, choices, name);

    public Schema Described(string description) => With("description", description);

    public Schema With(string keyword, JsonNode value)
    {
        var changed = (JsonObject)node.DeepClone();
        changed[keyword] = value.DeepClone();
        return new(changed, fields, items, choices, Name);
    }

    /// <summary>The same, or null.</summary>
    public Schema OrNull()
    {
        if (Name is not null || node["type"] is not JsonValue type || node.ContainsKey("enum"))
        {
            return OneOf(this, Null);
        }

        return With("type", new JsonArray(type.DeepClone(), "null"));
    }

    /// <summary>The schema as JSON; named ones are put into <paramref name="components"/> and referred to.</summary>
    public JsonObject ToJson(SortedDictionary<string, JsonObject> components)
    {
        if (Name is null)
        {
            return Inline(components);
        }

        if (!components.ContainsKey(Name))
        {
            components.Add(Name, []);
            components[Name] = Inline(components);
        }

        return new JsonObject { ["$ref"] = $"#/components/schemas/{Name}" };
    }

    /// <summary>The fields of this object and some more.</summary>
    public Schema And(params Field[] more) => new((JsonObject)node.DeepClone(), [.. fields, .. more]);

    private JsonObject Inline(SortedDictionary<string, JsonObject> components)
    {
        var json = (JsonObject)node.DeepClone();
        if (fields.Length > 0)
        {
            json["properties"] = new JsonObject(fields.Select(field => KeyValuePair.Create(field.Name, (JsonNode?)field.Schema.ToJson(components))));
            if (fields.Any(field => field.Required))
            {
                json["required"] = new JsonArray([.. fields.Where(field => field.Required).Select(field => (JsonNode)field.Name)]);
            }
        }

        if (items is not null)
        {
            json[json["type"]?.ToString() == "array" || json["type"] is JsonArray types && types[0]!.ToString() == "array" ? "items" : "additionalProperties"] =
                items.ToJson(components);
        }

        if (choices.Length > 0)
        {
            json["anyOf"] = new JsonArray([.. choices.Select(choice => (JsonNode)choice.ToJson(components))]);
        }

        return json;
    }

    private static JsonObject Typed(string type) => new() { ["type"] = type };

    private static JsonObject Lengths(JsonObject node, string what, int least, int? most)
    {
        if (least > 0)
        {
            node[$"min{what}"] = least;
        }

        if (most is not null)
        {
            node[$"max{what}"] = most;
        }

        return node;
    }
}

/// <summary>A field of an object.</summary>
internal sealed record Field(string Name, Schema Schema, bool Required = true)
{
    public static Field Optional(string name, Schema schema) => new(name, schema, false);
}
