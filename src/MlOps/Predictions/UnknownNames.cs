using System.Text.Json;

namespace MlOps.Predictions;

/// <summary>Names in rows that are no feature: the different ones of a request for its warnings, and those of the row being read.</summary>
internal sealed class UnknownNames
{
    private const int MostNoted = 50;

    private List<string>? noted;
    private List<string>? inRow;

    /// <summary>Those of the row being read, the first 50.</summary>
    public IReadOnlyList<string> InRow => (IReadOnlyList<string>?)inRow ?? [];

    /// <summary>The different ones of all rows, the first 50, and of each row only of its first 50.</summary>
    public IReadOnlyList<string> Noted => (IReadOnlyList<string>?)noted ?? [];

    public void StartRow() => inRow?.Clear();

    /// <summary>Notes the name that the reader stands on. Answers what is wrong with it: it is no text, or there already, as far as this row's first 50 tell.</summary>
    public string? Add(ref Utf8JsonReader reader)
    {
        if (inRow?.Count == MostNoted)
        {
            return null;
        }

        var name = Known(ref reader);
        if (name is null)
        {
            if (JsonText.Read(ref reader) is not { } text)
            {
                return "A name holds half of a surrogate pair, which is no text.";
            }

            name = PredictionBatch.Shortened(text);
            if ((noted ??= []).Count < MostNoted && !noted.Contains(name))
            {
                noted.Add(name);
            }
        }

        // A shortened name may stand for several.
        if (inRow?.Contains(name) == true && !PredictionBatch.IsShortened(name))
        {
            return $"'{name}' is there twice.";
        }

        (inRow ??= []).Add(name);
        return null;
    }

    // Most rows of a batch have the same extra columns: their names are made once.
    private string? Known(ref Utf8JsonReader reader)
    {
        if (noted is not null && !reader.ValueIsEscaped)
        {
            foreach (var name in noted)
            {
                if (reader.ValueTextEquals(name))
                {
                    return name;
                }
            }
        }

        return null;
    }
}
