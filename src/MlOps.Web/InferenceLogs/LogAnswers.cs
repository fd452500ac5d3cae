using System.Text.Json;
using MlOps.Predictions;
using MlOps.Requests;

namespace MlOps.InferenceLogs;

/// <summary>Items of the log as the API writes them.</summary>
internal static class LogAnswers
{
    /// <summary>Members of one item: answered rows and refused requests have the same, null where they have nothing to say.</summary>
    public static void Members(Utf8JsonWriter json, LogItem item)
    {
        var row = item.Row;
        var made = new InferenceId(row.Id).Milliseconds;
        json.WriteString("id", row.Id);
        json.WriteString("deployment_id", row.Deployment.Value);
        json.WriteString("request_id", row.Request);
        json.WriteString("external_id", row.ExternalId);
        json.WriteString("model_id", row.Model.Value);
        json.WriteString("route", RouteHeaders.Word(row.Route));
        Raw(json, "inputs", row.Inputs);
        json.WriteBoolean("inputs_truncated", row.InputsTruncated);
        Prediction(json, row);
        Raw(json, "probabilities", row.Probabilities);
        json.WriteRaw("actual", item.Actual);
        json.WriteNumber("latency_ms", (row.LatencyMicroseconds + 999) / 1_000);
        json.WriteNumber("status_code", row.StatusCode);
        Refusal(json, row.Refusal);
        Privacy(json, row);
        json.WriteTime("created_at", DateTimeOffset.FromUnixTimeMilliseconds(made));
        json.WriteNumber("created_us", made * 1_000);
    }

    private static void Prediction(Utf8JsonWriter json, LogRow row)
    {
        if (row.Label is not null || row.Value is not { } number)
        {
            json.WriteString("prediction", row.Label);
        }
        else
        {
            json.WriteNumber("prediction", number);
        }

        // An anomaly's class comes with what it was judged by.
        if (row is { Label: not null, Value: { } score })
        {
            json.WriteNumber("score", score);
        }
    }

    private static void Refusal(Utf8JsonWriter json, LogRefusal? refusal)
    {
        if (refusal is null)
        {
            json.WriteNull("error");
            json.WriteNull("rows");
            return;
        }

        json.WriteStartObject("error");
        json.WriteString("code", refusal.Code);
        json.WriteString("detail", refusal.Detail);
        json.WriteEndObject();
        if (refusal.Rows is { } rows)
        {
            json.WriteNumber("rows", rows);
        }
        else
        {
            json.WriteNull("rows");
        }
    }

    private static void Privacy(Utf8JsonWriter json, LogRow row)
    {
        if (!row.Withheld)
        {
            json.WriteNull("privacy");
            return;
        }

        json.WriteStartObject("privacy");
        json.WriteBoolean("withheld", true);
        json.WriteEndObject();
    }

    // Bytes that were found to be JSON when they came. They are not read again: what a caller sent is shown as it was sent.
    private static void Raw(Utf8JsonWriter json, string name, ReadOnlyMemory<byte>? bytes)
    {
        json.WritePropertyName(name);
        if (bytes is { } sent)
        {
            json.WriteRawValue(sent.Span, skipInputValidation: true);
        }
        else
        {
            json.WriteNullValue();
        }
    }
}
