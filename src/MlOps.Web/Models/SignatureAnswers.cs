using System.Text.Json;
using MlOps.Requests;

namespace MlOps.Models;

/// <summary>How a model was understood, as the API writes it.</summary>
internal static class SignatureAnswers
{
    public static void Write(Utf8JsonWriter json, ModelSignature signature)
    {
        json.WriteStartObject("signature");
        json.WriteStartArray("inputs");
        foreach (var input in signature.Inputs)
        {
            Input(json, input, signature);
        }

        json.WriteEndArray();
        Features(json, signature);
        Outputs(json, signature.Output);
        json.WriteTexts("classes", signature.Output.Classes);
        json.WriteBoolean("row_by_row", signature.RowByRow);
        json.WriteEndObject();
    }

    /// <summary>What callers send, in the model's order.</summary>
    public static void Features(Utf8JsonWriter json, ModelSignature signature)
    {
        json.WriteStartArray("features");
        foreach (var feature in signature.Features)
        {
            json.WriteStartObject();
            json.WriteString("name", feature.Name);
            json.WriteString("dtype", Word(feature.Type));
            json.WriteBoolean("nullable", feature.Nullable);
            if (!feature.Domain.IsDefault)
            {
                Scalars(json, "domain", feature.Domain);
            }

            Scalar(json, "missing", feature.Missing);
            if (feature.IndexEncoded)
            {
                json.WriteString("encoding", "index");
                Scalar(json, "unseen", feature.Unseen);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    // The pairing: which of the caller's names feeds which column of which graph input.
    private static void Input(Utf8JsonWriter json, InputSpec input, ModelSignature signature)
    {
        json.WriteStartObject();
        json.WriteString("name", input.Name);
        json.WriteString("type", Word(input.Type));
        json.WriteNumber("rank", input.Rank);
        json.WriteNumber("width", input.Width);
        json.WriteTexts("features", input.Features.Select(feature => signature.Features[feature].Name));
        if (input.Constant is { } constant)
        {
            json.WriteStartObject("constant");
            json.WriteBoolean("per_row", constant.PerRow);
            json.WriteStartArray("shape");
            foreach (var size in constant.Shape)
            {
                json.WriteNumberValue(size);
            }

            json.WriteEndArray();
            Scalars(json, "values", constant.Values);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void Outputs(Utf8JsonWriter json, OutputSpec output)
    {
        json.WriteStartObject("outputs");
        json.WriteString("task", Word(output.Task));
        json.WriteString("label", output.Label);
        json.WriteTexts("scores", output.Scores);
        json.WriteString("kind", Word(output.Kind));
        json.WriteOptional("threshold", output.Threshold);
        json.WriteTexts("ignored", output.Ignored);
        json.WriteEndObject();
    }

    private static void Scalar(Utf8JsonWriter json, string name, Scalar? value)
    {
        if (value is { } scalar)
        {
            json.WritePropertyName(name);
            JsonSerializer.Serialize(json, scalar);
        }
    }

    private static void Scalars(Utf8JsonWriter json, string name, IEnumerable<Scalar> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            JsonSerializer.Serialize(json, value);
        }

        json.WriteEndArray();
    }

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
