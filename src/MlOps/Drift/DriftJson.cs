using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace MlOps.Drift;

/// <summary>Drift as the API writes it: live, and as the result of a run.</summary>
public static class DriftJson
{
    /// <summary>The status as answers call it.</summary>
    public static string Word(DriftStatus status) => JsonNamingPolicy.SnakeCaseLower.ConvertName(status.ToString());

    /// <summary>Writes the members of an object.</summary>
    public static void Write(Utf8JsonWriter json, DeploymentDrift drift)
    {
        var report = drift.Report;
        json.WriteString("deployment_id", drift.Deployment.Value);
        json.WriteString("overall_status", Word(report.OverallStatus));
        json.WriteStartObject("features");
        foreach (var feature in report.Features)
        {
            json.WriteStartObject(feature.Name);
            Feature(json, feature);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        Time(json, "computed_at", drift.ComputedAt);
        json.WriteNumber("inference_rows", report.Rows);
        json.WriteStartObject("window");
        Time(json, "since", drift.Since);
        Time(json, "until", drift.Until);
        json.WriteEndObject();
        Number(json, "mean_psi", report.MeanPsi);
        Number(json, "max_psi", report.MaxPsi);
        json.WriteString("worst_feature", report.WorstFeature);
        json.WriteStartObject("counts");
        json.WriteNumber(Word(DriftStatus.Low), report.Counts.Low);
        json.WriteNumber(Word(DriftStatus.Moderate), report.Counts.Moderate);
        json.WriteNumber(Word(DriftStatus.High), report.Counts.High);
        json.WriteNumber(Word(DriftStatus.InsufficientData), report.Counts.InsufficientData);
        json.WriteEndObject();
        json.WriteStartObject("prediction");
        json.WriteString("baseline", report.Prediction.Baseline);
        Index(json, report.Prediction.Index);
        Bins(json, report.Prediction.Bins);
        json.WriteEndObject();
    }

    private static void Feature(Utf8JsonWriter json, FeatureDrift feature)
    {
        Index(json, feature.Index);
        json.WriteNumber("missing_rate", feature.MissingRate);
        json.WriteNumber("unseen_rate", feature.UnseenRate);
        if (feature.HighCardinality)
        {
            json.WriteBoolean("high_cardinality", true);
        }

        Bins(json, feature.Bins);
    }

    private static void Index(Utf8JsonWriter json, PopulationStabilityIndex index)
    {
        json.WriteNumber("psi", index.Value);
        json.WriteString("status", Word(index.Status));
        Number(json, "expected_psi", index.Expected);
        Number(json, "p_value", index.PValue);
        Number(json, "min_rows", index.MinRows);
    }

    private static void Bins(Utf8JsonWriter json, ImmutableArray<BinCount> bins)
    {
        json.WriteStartArray("bins");
        foreach (var bin in bins)
        {
            json.WriteStartObject();
            json.WriteString("label", bin.Label);
            json.WriteNumber("baseline", bin.Baseline);
            json.WriteNumber("current", bin.Current);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Time(Utf8JsonWriter json, string name, DateTimeOffset time) =>
        json.WriteString(name, time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));

    private static void Number(Utf8JsonWriter json, string name, double? number)
    {
        if (number is { } value)
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static void Number(Utf8JsonWriter json, string name, long? number)
    {
        if (number is { } value)
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
