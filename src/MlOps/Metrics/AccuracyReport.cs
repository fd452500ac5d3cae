using MlOps.Models;

namespace MlOps.Metrics;

/// <summary>What feedback has shown: accuracy for a classifier, MAE and R² for a regression.</summary>
/// <param name="Labelled">Rows whose actual is known.</param>
/// <param name="RSquared">Null where all actuals are equal.</param>
public sealed record AccuracyReport(long Labelled, double? Accuracy, double? MeanAbsoluteError, double? RSquared)
{
    /// <summary>Null without labelled rows.</summary>
    public static AccuracyReport? Of(ModelTask task, AccuracyCounts counts) =>
        counts.Labelled == 0 ? null
        : task == ModelTask.Regression ? new AccuracyReport(counts.Labelled, null, counts.MeanAbsoluteError, counts.RSquared)
        : new AccuracyReport(counts.Labelled, counts.Accuracy, null, null);
}
