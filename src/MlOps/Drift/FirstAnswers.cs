using MlOps.Models;

namespace MlOps.Drift;

/// <summary>The baseline of predictions that has no other: a deployment's first answers.</summary>
public static class FirstAnswers
{
    /// <summary>The commit by which so many rows are answered freezes them.</summary>
    public const int Rows = 1_000;

    /// <summary><see cref="PredictionBins.Source"/> of what is frozen.</summary>
    public const string Source = "first_answers";

    /// <summary>
    /// Freezes the bins and counts of all that a deployment has answered yet; null while that is less than 1,000 rows. For a classifier the bins are the classes
    /// seen; for a regression the deciles of the grid's counts. Whoever keeps the first result that is stored, and keeps counting by cell until he hears
    /// of it, loses nothing: <see cref="PredictionCounts.In"/>.
    /// </summary>
    /// <param name="answered">Counts of all windows and journals, this commit's included.</param>
    public static PredictionBins? Freeze(OutputSpec output, PredictionCounts answered) => Bins(output, answered) is { } bins && bins.Rows >= Rows ? bins : null;

    /// <summary>The same for any number of rows, to show a distribution that has no bins yet.</summary>
    internal static PredictionBins Bins(OutputSpec output, PredictionCounts answered)
    {
        var bins = output.Task == ModelTask.Regression
            ? PredictionGrid.Freeze(answered.Cells)
            : FeatureBinning.OfCounts([.. Seen(output, answered)], 0);
        return new PredictionBins(Source, bins.Counts.Sum(), bins, null, null);
    }

    private static IEnumerable<(Scalar, long)> Seen(OutputSpec output, PredictionCounts answered)
    {
        var counts = answered.Classes.ToArray();
        return output.Classes.Take(counts.Length).Select((name, index) => (Scalar.Of(name), counts[index])).Where(one => one.Item2 > 0);
    }
}
