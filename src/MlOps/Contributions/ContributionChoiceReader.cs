using System.Text.Json;
using MlOps.Predictions;

namespace MlOps.Contributions;

/// <summary>Reads <see cref="ContributionChoice"/> from a predict call's options.</summary>
internal static class ContributionChoiceReader
{
    private static readonly string[] Known = ["top_n", "bottom_n", "compare_abs", "all_classes"];

    /// <summary>The reader stands on the value of <c>contributions</c>, and afterwards on its last token. Null for null, and for what is no object.</summary>
    public static ContributionChoice? Read(ref Utf8JsonReader reader, FaultList faults)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            if (reader.TokenType != JsonTokenType.Null)
            {
                reader.Skip();
                faults.Add("/options/contributions", "'contributions' must be an object.");
            }

            return null;
        }

        var choice = ContributionChoice.Whole;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = (JsonText.Read(ref reader) is { } text ? PredictionBatch.Shortened(text) : null) ?? "\uFFFD";
            reader.Read();
            if (!Known.Contains(name))
            {
                faults.Add($"/options/contributions/{FaultList.Escape(name)}", $"'{name}' is no option of contributions: {NearestName.Propose(name, Known)}");
                reader.Skip();
                continue;
            }

            if (!seen.Add(name))
            {
                faults.Add($"/options/contributions/{name}", $"'{name}' is there twice.");
            }

            choice = name switch
            {
                "top_n" => choice with { Top = Count(ref reader, name, faults) },
                "bottom_n" => choice with { Bottom = Count(ref reader, name, faults) },
                "compare_abs" => choice with { ByAbsolute = Flag(ref reader, name, faults) },
                _ => choice with { AllClasses = Flag(ref reader, name, faults) },
            };
        }

        return choice;
    }

    private static int Count(ref Utf8JsonReader reader, string name, FaultList faults)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return 0;
        }

        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var count) && count >= -1)
        {
            return count;
        }

        reader.Skip();
        faults.Add($"/options/contributions/{name}", $"'{name}' must be a whole number: so many of them, or -1 for all in that order.");
        return 0;
    }

    private static bool Flag(ref Utf8JsonReader reader, string name, FaultList faults)
    {
        if (reader.TokenType is JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null)
        {
            return reader.TokenType == JsonTokenType.True;
        }

        reader.Skip();
        faults.Add($"/options/contributions/{name}", $"'{name}' must be true or false.");
        return false;
    }
}
