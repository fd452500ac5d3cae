using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using MlOps.Models;

namespace MlOps;

/// <summary>
/// How values of the domain are written to be read again by us, in JSON columns and between processes: exactly as they were, arrays that are default, the kind of a <see cref="Scalar"/> and numbers
/// that JSON has no word for included. Members that a row lacks or has too many are fine: older and newer versions share rows.
/// </summary>
public static class ExactJson
{
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        IgnoreReadOnlyProperties = true,
        Converters = { new ExactScalarConverter(), new ExactArrayConverter(), new JsonStringEnumConverter() },
    };

    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Options);

    public static T Read<T>(string json) =>
        JsonSerializer.Deserialize<T>(json, Options) ?? throw new InvalidDataException($"A {typeof(T).Name} was expected, not null.");
}

/// <summary>A default array is null.</summary>
public sealed class ExactArrayConverter : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) =>
        typeToConvert.IsGenericType && typeToConvert.GetGenericTypeDefinition() == typeof(ImmutableArray<>);

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(Of<>).MakeGenericType(typeToConvert.GetGenericArguments()))!;

    private sealed class Of<T> : JsonConverter<ImmutableArray<T>>
    {
        public override bool HandleNull => true;

        public override ImmutableArray<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            JsonSerializer.Deserialize<List<T>>(ref reader, options) is { } items ? [.. items] : default;

        public override void Write(Utf8JsonWriter writer, ImmutableArray<T> value, JsonSerializerOptions options)
        {
            if (value.IsDefault)
            {
                writer.WriteNullValue();
                return;
            }

            writer.WriteStartArray();
            foreach (var item in value)
            {
                JsonSerializer.Serialize(writer, item, options);
            }

            writer.WriteEndArray();
        }
    }
}

/// <summary>
/// A number that is not whole is written so that it shows (5.0, 1e30), and one that JSON has no word for in an object, so that each value
/// comes back as the kind it was.
/// </summary>
public sealed class ExactScalarConverter : JsonConverter<Scalar>
{
    public override bool HandleNull => true;

    public override Scalar Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var element = document.RootElement;
        return element.ValueKind switch
        {
            JsonValueKind.Number when element.GetRawText().AsSpan().IndexOfAny(".eE") >= 0 => Scalar.Of(element.GetDouble()),
            JsonValueKind.Object => Scalar.Of(element.GetProperty("number").GetString() switch
            {
                "NaN" => double.NaN,
                "Infinity" => double.PositiveInfinity,
                _ => double.NegativeInfinity,
            }),
            _ => Scalar.From(element) ?? throw new JsonException("A single value was expected."),
        };
    }

    public override void Write(Utf8JsonWriter writer, Scalar value, JsonSerializerOptions options)
    {
        if (value.Kind != ScalarKind.Number)
        {
            JsonSerializer.Serialize(writer, value, Plain);
            return;
        }

        var number = value.AsNumber!.Value;
        if (!double.IsFinite(number))
        {
            writer.WriteStartObject();
            writer.WriteString("number", value.ToString());
            writer.WriteEndObject();
            return;
        }

        var text = value.ToString();
        writer.WriteRawValue(text.AsSpan().IndexOfAny(".eE") >= 0 ? text : text + ".0");
    }

    private static JsonSerializerOptions Plain { get; } = new();
}
