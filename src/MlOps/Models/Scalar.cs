using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MlOps.Models;

/// <summary>Which of JSON's simple values a <see cref="Scalar"/> is.</summary>
public enum ScalarKind
{
    Null = 0,
    Boolean = 1,

    /// <summary>A whole number within int64: kept exactly.</summary>
    Integer = 2,
    Number = 3,
    Text = 4,
}

/// <summary>A single value of a domain, a cell or a constant: null, boolean, whole number, number or text. Written to JSON as what it is.</summary>
[JsonConverter(typeof(ScalarJsonConverter))]
public readonly record struct Scalar
{
    private readonly double number;
    private readonly long integer;
    private readonly string? text;

    private Scalar(ScalarKind kind, double number, long integer, string? text)
    {
        Kind = kind;
        this.number = number;
        this.integer = integer;
        this.text = text;
    }

    public ScalarKind Kind { get; }

    public bool IsNull => Kind == ScalarKind.Null;

    public static Scalar Null => default;

    public static Scalar Of(bool value) => new(ScalarKind.Boolean, 0, value ? 1 : 0, null);

    public static Scalar Of(long value) => new(ScalarKind.Integer, 0, value, null);

    public static Scalar Of(double value) => new(ScalarKind.Number, value, 0, null);

    public static Scalar Of(string value) => new(ScalarKind.Text, 0, 0, value);

    /// <summary>As a number: booleans are 0 and 1. Null for texts and null.</summary>
    public double? AsNumber => Kind switch
    {
        ScalarKind.Boolean or ScalarKind.Integer => integer,
        ScalarKind.Number => number,
        _ => null,
    };

    /// <summary>As a whole number, exactly; null where it is none.</summary>
    public long? AsInteger => Kind switch
    {
        ScalarKind.Boolean or ScalarKind.Integer => integer,
        ScalarKind.Number when number == Math.Floor(number) && number >= long.MinValue && number < 9223372036854775808.0 => (long)number,
        _ => null,
    };

    /// <summary>The invariant text: <c>true</c>, <c>5</c>, <c>2.5</c>, the text itself; empty for null.</summary>
    public override string ToString() => Kind switch
    {
        ScalarKind.Boolean => integer == 1 ? "true" : "false",
        ScalarKind.Integer => integer.ToString(CultureInfo.InvariantCulture),
        ScalarKind.Number => number.ToString("R", CultureInfo.InvariantCulture),
        ScalarKind.Text => text!,
        _ => "",
    };

    /// <summary>Reads a JSON value that is no array and no object; null otherwise.</summary>
    public static Scalar? From(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Null => Null,
        JsonValueKind.True => Of(true),
        JsonValueKind.False => Of(false),
        JsonValueKind.String => Of(element.GetString()!),
        JsonValueKind.Number => element.TryGetInt64(out var whole) ? Of(whole) : Of(element.GetDouble()),
        _ => null,
    };
}

internal sealed class ScalarJsonConverter : JsonConverter<Scalar>
{
    public override bool HandleNull => true;

    public override Scalar Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        return Scalar.From(document.RootElement) ?? throw new JsonException("A single value was expected.");
    }

    public override void Write(Utf8JsonWriter writer, Scalar value, JsonSerializerOptions options)
    {
        switch (value.Kind)
        {
            case ScalarKind.Null: writer.WriteNullValue(); break;
            case ScalarKind.Boolean: writer.WriteBooleanValue(value.AsInteger == 1); break;
            case ScalarKind.Integer: writer.WriteNumberValue(value.AsInteger!.Value); break;
            case ScalarKind.Number when double.IsFinite(value.AsNumber!.Value): writer.WriteNumberValue(value.AsNumber!.Value); break;
            default: writer.WriteStringValue(value.ToString()); break;
        }
    }
}
