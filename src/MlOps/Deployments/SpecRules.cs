using System.Text.Json;
using MlOps.Models;

namespace MlOps.Deployments;

/// <summary>What a deployment's settings must be, given the model that it serves.</summary>
public static class SpecRules
{
    private const int LongestName = 200;

    /// <exception cref="MlOpsException">422 with every fault.</exception>
    public static void Check(DeploymentSpec spec, ModelSignature signature)
    {
        var faults = new FaultList();
        if (string.IsNullOrWhiteSpace(spec.Name) || Characters.MoreThan(spec.Name, LongestName))
        {
            faults.Add("/name", $"'name' must have 1–{LongestName} characters.");
        }

        if (spec.TrafficPercent is < 1 or > 100)
        {
            faults.Add("/traffic_percent", "'traffic_percent' must be a whole number from 1 to 100.");
        }

        Privacy(spec.Privacy, signature, faults);
        faults.Throw(ErrorCode.ValidationFailed, "The deployment cannot be set up like this");
    }

    /// <summary>Whether the second settings protect less than the first.</summary>
    public static bool IsWeaker(PrivacySettings before, PrivacySettings after) =>
        (Anonymizes(before) && !Anonymizes(after))
        || (before.ColumnMap is not null && after.ColumnMap is null)
        || (after.Threshold ?? 0) > (before.Threshold ?? 0) && before.Threshold is not null;

    /// <summary>Whether the logs of these settings hold no raw inputs.</summary>
    public static bool Anonymizes(PrivacySettings privacy) => privacy.AnonymizeLogs ?? (privacy.PolicyId is not null || privacy.ColumnMap is not null);

    private static void Privacy(PrivacySettings privacy, ModelSignature signature, FaultList faults)
    {
        if (privacy.PolicyId is not null)
        {
            faults.Add("/privacy_policy_id", "There is no such privacy policy.");
        }

        if (privacy.AnonymizeResponse == true)
        {
            faults.Add("/privacy_anonymize_response", "Answers cannot be anonymized in this version: leave 'privacy_anonymize_response' out, or send false.");
        }

        if (privacy.Threshold is < 0 or > 1 or double.NaN)
        {
            faults.Add("/privacy_threshold", "'privacy_threshold' must be a number from 0.0 to 1.0.");
        }

        if (privacy.ColumnMap is null)
        {
            return;
        }

        using var map = JsonDocument.Parse(privacy.ColumnMap);
        foreach (var column in map.RootElement.EnumerateObject())
        {
            var at = $"/privacy_column_map/{FaultList.Escape(column.Name)}";
            if (!signature.Features.Any(feature => feature.Name == column.Name))
            {
                faults.Add(at, $"'{column.Name}' is no feature of the model: {NearestName.Propose(column.Name, signature.Features.Select(feature => feature.Name))}");
            }

            if (column.Value.ValueKind != JsonValueKind.String || column.Value.GetString()!.Length == 0)
            {
                faults.Add(at, "A column is mapped to the name of a PII type, a text.");
            }
        }
    }
}
