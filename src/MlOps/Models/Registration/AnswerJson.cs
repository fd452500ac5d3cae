using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using MlOps.Predictions;

namespace MlOps.Models.Registration;

/// <summary>Writes rows and their predictions for the answer of a registration.</summary>
internal static class AnswerJson
{
    private const int Previewed = 3;

    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A predict body that works: a row that answered.</summary>
    public static string ExampleRequest(ModelSignature signature, Scalar[] row) => Write(json =>
    {
        json.WriteStartObject();
        Inputs(json, signature, row);
        json.WriteEndObject();
    });

    /// <summary>The first rows that answered, with their predictions.</summary>
    public static string Preview(ModelSignature signature, IEnumerable<(Scalar[] Row, Prediction Prediction)> answered) => Write(json =>
    {
        json.WriteStartArray();
        foreach (var (row, prediction) in answered.Take(Previewed))
        {
            json.WriteStartObject();
            Inputs(json, signature, row);
            Answer(json, signature.Output, prediction);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private static void Inputs(Utf8JsonWriter json, ModelSignature signature, Scalar[] row)
    {
        json.WriteStartObject("inputs");
        for (var index = 0; index < row.Length; index++)
        {
            json.WritePropertyName(signature.Features[index].Name);
            JsonSerializer.Serialize(json, row[index]);
        }

        json.WriteEndObject();
    }

    private static void Answer(Utf8JsonWriter json, OutputSpec output, Prediction prediction)
    {
        if (prediction.Label is null)
        {
            json.WriteNumber("prediction", prediction.Value!.Value);
            return;
        }

        json.WriteString("prediction", prediction.Label);
        if (prediction.Value is { } score)
        {
            json.WriteNumber("score", score);
        }

        if (!prediction.Probabilities.IsDefault)
        {
            json.WriteStartObject("probabilities");
            for (var index = 0; index < output.Classes.Length; index++)
            {
                json.WriteNumber(output.Classes[index], prediction.Probabilities[index]);
            }

            json.WriteEndObject();
        }
    }

    private static string Write(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Readable))
        {
            write(json);
        }

        return Encoding.UTF8.GetString(stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }
}
