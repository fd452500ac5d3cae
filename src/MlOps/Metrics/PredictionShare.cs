using System.Collections.Immutable;
using MlOps.Drift;
using MlOps.Models;

namespace MlOps.Metrics;

/// <summary>How many rows were predicted so.</summary>
/// <param name="Label">A class; of a regression an interval or value, as drift reports call it.</param>
/// <param name="Share">Of all rows of the window.</param>
public sealed record PredictionShare(string Label, long Count, double Share)
{
    /// <summary>All classes in the model's order; of a regression the bins in theirs, those of <paramref name="bins"/> or, while there are none, the window's own deciles.</summary>
    /// <param name="bins">What the predictions' drift is measured with; null while there is nothing yet.</param>
    public static ImmutableArray<PredictionShare> Of(OutputSpec output, PredictionBins? bins, PredictionCounts counts)
    {
        if (output.Task != ModelTask.Regression)
        {
            var rows = counts.Rows;
            var classes = counts.Classes.ToArray();
            return [.. output.Classes.Select((name, index) => New(name, index < classes.Length ? classes[index] : 0, rows))];
        }

        var own = bins ?? FirstAnswers.Bins(output, counts);
        var binned = BinCount.Of(own.Bins, FeatureType.Numeric, counts.In(own, output).AsSpan());
        var total = binned.Sum(bin => bin.Current);

        // A prediction is never missing: the bin that every feature has stays empty.
        var missing = own.Bins.ByValue ? own.Bins.Values.Length : own.Bins.Edges.Length + 1;
        return [.. binned.Where((_, index) => total > 0 && index != missing).Select(bin => New(bin.Label, bin.Current, total))];
    }

    private static PredictionShare New(string label, long count, long rows) => new(label, count, rows == 0 ? 0 : count / (double)rows);
}
