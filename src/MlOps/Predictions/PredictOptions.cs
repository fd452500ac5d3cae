using System.Text.Json;

namespace MlOps.Predictions;

/// <summary>The <c>options</c> of a predict call.</summary>
/// <param name="Ids">The caller's own keys, one per row; null when none are given.</param>
/// <param name="AnonymizeLogs">Overrides the deployment's setting, to the stricter side only.</param>
internal sealed record PredictOptions(bool StorePayload, string[]? Ids, bool? AnonymizeLogs)
{
    public static PredictOptions Default { get; } = new(true, null, null);
}

/// <summary>Reads <see cref="PredictOptions"/>; what this version cannot honour is refused, never ignored.</summary>
internal static class PredictOptionsReader
{
    private const int LongestId = 200;

    private static readonly string[] Known =
        ["include_contributions", "store_payload", "privacy_policy_id", "anonymize_logs", "anonymize_response", "ids", "contributions"];

    public static PredictOptions Read(ref Utf8JsonReader reader, FaultList faults)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return PredictOptions.Default;
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            faults.Add("/options", "'options' must be an object.");
            reader.Skip();
            return PredictOptions.Default;
        }

        using var document = JsonDocument.ParseValue(ref reader);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var options = PredictOptions.Default;
        foreach (var option in document.RootElement.EnumerateObject())
        {
            if (!seen.Add(option.Name))
            {
                faults.Add($"/options/{FaultList.Escape(option.Name)}", $"'{option.Name}' is there twice.");
            }

            options = Take(options, option, faults);
        }

        return options;
    }

    private static PredictOptions Take(PredictOptions options, JsonProperty option, FaultList faults)
    {
        var at = $"/options/{FaultList.Escape(option.Name)}";
        switch (option.Name)
        {
            case "include_contributions" when Flag(option, faults) == true:
            case "contributions" when option.Value.ValueKind != JsonValueKind.Null:
                throw new MlOpsException(
                    ErrorCode.ContributionsUnavailable,
                    "Contributions are not part of this version: leave include_contributions out, or send false.",
                    [new Fault(at, "Contributions are not available.")]);
            case "include_contributions" or "contributions":
                return options;
            case "store_payload":
                return options with { StorePayload = Flag(option, faults) ?? true };
            case "anonymize_logs":
                return options with { AnonymizeLogs = Flag(option, faults) };
            case "anonymize_response":
                if (Flag(option, faults) == true)
                {
                    faults.Add(at, "Answers cannot be anonymized in this version: leave anonymize_response out, or send false.");
                }

                return options;
            case "privacy_policy_id":
                if (option.Value.ValueKind != JsonValueKind.Null)
                {
                    faults.Add(at, "There is no such privacy policy.");
                }

                return options;
            case "ids":
                return options with { Ids = Ids(option.Value, faults) };
            default:
                faults.Add(at, $"'{option.Name}' is no option: {NearestName.Propose(option.Name, Known)}");
                return options;
        }
    }

    private static bool? Flag(JsonProperty option, FaultList faults)
    {
        if (option.Value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return option.Value.GetBoolean();
        }

        if (option.Value.ValueKind != JsonValueKind.Null)
        {
            faults.Add($"/options/{option.Name}", $"'{option.Name}' must be true or false.");
        }

        return null;
    }

    private static string[]? Ids(JsonElement value, FaultList faults)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            faults.Add("/options/ids", "'ids' must be an array with one text per row.");
            return null;
        }

        var ids = new string[value.GetArrayLength()];
        for (var row = 0; row < ids.Length; row++)
        {
            ids[row] = Id(value[row]) ?? "";
            if (ids[row].Length is 0 or > LongestId || ids[row].Contains('\0', StringComparison.Ordinal))
            {
                faults.Add($"/options/ids/{row}", $"An id must be a text of 1–{LongestId} characters without NUL and half surrogate pairs.");
            }
        }

        return ids;
    }

    private static string? Id(JsonElement id)
    {
        try
        {
            return id.ValueKind == JsonValueKind.String ? id.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
