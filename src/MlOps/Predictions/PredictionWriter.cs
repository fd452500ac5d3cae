using System.Buffers;
using System.Text.Json;
using MlOps.Contributions;
using MlOps.InferenceLogs;
using MlOps.Models;

namespace MlOps.Predictions;

/// <summary>Writes the answer of a predict call as UTF-8 JSON.</summary>
internal static class PredictionWriter
{
    private static readonly JsonEncodedText Predictions = JsonEncodedText.Encode("predictions");
    private static readonly JsonEncodedText PredictionName = JsonEncodedText.Encode("prediction");
    private static readonly JsonEncodedText Probability = JsonEncodedText.Encode("probability");
    private static readonly JsonEncodedText Probabilities = JsonEncodedText.Encode("probabilities");
    private static readonly JsonEncodedText Score = JsonEncodedText.Encode("score");
    private static readonly JsonEncodedText Id = JsonEncodedText.Encode("id");
    private static readonly JsonEncodedText ExternalId = JsonEncodedText.Encode("external_id");
    private static readonly JsonEncodedText LatencyMs = JsonEncodedText.Encode("latency_ms");
    private static readonly JsonEncodedText LatencyUs = JsonEncodedText.Encode("latency_us");
    private static readonly JsonEncodedText DeploymentName = JsonEncodedText.Encode("deployment_id");
    private static readonly JsonEncodedText ModelName = JsonEncodedText.Encode("model_id");
    private static readonly JsonEncodedText WarningsName = JsonEncodedText.Encode("warnings");

    [ThreadStatic]
    private static Utf8JsonWriter? cached;

    /// <param name="explainer">What found the batch's contributions; null without them.</param>
    /// <param name="latency">From admission until now.</param>
    public static void Write(IBufferWriter<byte> output, PredictionBatch batch, PredictCall call, IReplica replica, IExplainer? explainer, InferenceIdRange ids, TimeSpan latency)
    {
        var json = cached ??= new Utf8JsonWriter(output, new JsonWriterOptions { SkipValidation = true, Encoder = PredictionPlan.Encoder });
        json.Reset(output);
        json.WriteStartObject();
        json.WriteStartArray(Predictions);
        for (var row = 0; row < batch.Rows; row++)
        {
            json.WriteStartObject();
            Row(json, batch, row);
            if (explainer is not null)
            {
                ContributionWriter.Class(json, batch, row, explainer);
            }

            json.WriteString(Id, ids[row]);
            if (call.Options.Ids is { } external)
            {
                json.WriteString(ExternalId, external[row]);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (explainer is not null)
        {
            ContributionWriter.Write(json, batch, call.Options.Contributions!, explainer);
        }

        json.WriteNumber(LatencyMs, (long)Math.Ceiling(latency.TotalMilliseconds));
        json.WriteNumber(LatencyUs, (long)Math.Ceiling(latency.TotalMicroseconds));
        json.WriteString(DeploymentName, replica.Deployment.Id.Value);
        json.WriteString(ModelName, replica.Model.Id.Value);
        if (call.Warnings is { } warnings)
        {
            json.WriteStartArray(WarningsName);
            foreach (var warning in warnings)
            {
                json.WriteStringValue(warning);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.Flush();
        json.Reset(Stream.Null);
    }

    private static void Row(Utf8JsonWriter json, PredictionBatch batch, int row)
    {
        var output = batch.Plan.Signature.Output;
        if (output.Task == ModelTask.Regression)
        {
            json.WriteNumber(PredictionName, batch.Outputs.Scores[row * output.ScoreWidth]);
            return;
        }

        var names = batch.Plan.ClassNames;
        var label = batch.Outputs.Classes[row];
        json.WriteString(PredictionName, names[label]);
        if (output.Task == ModelTask.Anomaly && output.ScoreWidth > 0)
        {
            json.WriteNumber(Score, batch.Outputs.Scores[row * output.ScoreWidth]);
        }

        if (batch.Plan.Outputs.HasProbabilities)
        {
            var probabilities = batch.Outputs.Probabilities.AsSpan(row * names.Length, names.Length);
            json.WriteNumber(Probability, probabilities[label]);
            json.WriteStartObject(Probabilities);
            for (var index = 0; index < names.Length; index++)
            {
                json.WriteNumber(names[index], probabilities[index]);
            }

            json.WriteEndObject();
        }
    }
}
