using System.Globalization;
using System.Text.Json;
using MlOps.Deployments;
using MlOps.Requests;

namespace MlOps.Metrics;

/// <summary>Metrics as the API writes them.</summary>
internal static class MetricsAnswers
{
    public static void Write(Utf8JsonWriter json, DeploymentId deployment, MetricsReport report)
    {
        json.WriteString("deployment_id", deployment.Value);
        json.WriteStartObject("window");
        json.WriteTime("since", report.Since.Start);
        json.WriteTime("until", report.Until.Start);
        json.WriteEndObject();
        json.WriteNumber("requests", report.Requests);
        json.WriteNumber("rows", report.Rows);
        json.WriteOptional("error_rate", report.ErrorRate);
        json.WriteStartObject("by_status");
        foreach (var (status, requests) in report.ByStatus)
        {
            json.WriteNumber(status.ToString(CultureInfo.InvariantCulture), requests);
        }

        json.WriteEndObject();
        Latency(json, report.Latency);
        Series(json, report);
        json.WriteStartArray("predictions");
        foreach (var share in report.Predictions)
        {
            json.WriteStartObject();
            json.WriteString("label", share.Label);
            json.WriteNumber("count", share.Count);
            json.WriteNumber("share", share.Share);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        Accuracy(json, report.Accuracy);
    }

    private static void Series(Utf8JsonWriter json, MetricsReport report)
    {
        json.WriteStartArray("series");
        foreach (var point in report.Series)
        {
            json.WriteStartObject();
            json.WriteTime("minute", point.Minute.Start);
            json.WriteNumber("requests", point.Requests);
            json.WriteNumber("rows", point.Rows);
            json.WriteOptional("error_rate", point.ErrorRate);
            Latency(json, point.Latency);
            Accuracy(json, point.Accuracy);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Latency(Utf8JsonWriter json, LatencyReport? latency)
    {
        if (latency is null)
        {
            json.WriteNull("latency_ms");
            return;
        }

        json.WriteStartObject("latency_ms");
        json.WriteNumber("p50", latency.P50);
        json.WriteNumber("p95", latency.P95);
        json.WriteNumber("p99", latency.P99);
        json.WriteEndObject();
    }

    private static void Accuracy(Utf8JsonWriter json, AccuracyReport? accuracy)
    {
        if (accuracy is null)
        {
            json.WriteNull("accuracy");
            return;
        }

        json.WriteStartObject("accuracy");
        json.WriteNumber("labelled", accuracy.Labelled);
        json.WriteOptional("accuracy", accuracy.Accuracy);
        json.WriteOptional("mae", accuracy.MeanAbsoluteError);
        json.WriteOptional("r2", accuracy.RSquared);
        json.WriteEndObject();
    }
}
