using System.Collections.Immutable;
using MlOps.Models;

namespace MlOps.Drift;

/// <summary>Features by status.</summary>
[GenerateSerializer, Immutable, Alias("MlOps.DriftStatusCounts")]
public sealed record DriftStatusCounts(int Low, int Moderate, int High, int InsufficientData);

/// <summary>A window against its model's baseline (contract §7).</summary>
/// <param name="OverallStatus">
/// The status of the mean PSI over the features with enough data, at least moderate when any is high; insufficient data when none has enough; no baseline when
/// no feature has one.
/// </param>
/// <param name="Rows">Rows of the window, answered 200.</param>
/// <param name="MeanPsi">Over the features with enough data; null when none has enough.</param>
/// <param name="MaxPsi">Likewise.</param>
/// <param name="WorstFeature">The name of the feature that <paramref name="MaxPsi"/> is of, the first of equals.</param>
/// <param name="Features">In the model's order, those that the baseline has.</param>
[GenerateSerializer, Immutable, Alias("MlOps.DriftReport")]
public sealed record DriftReport(
    DriftStatus OverallStatus,
    long Rows,
    double? MeanPsi,
    double? MaxPsi,
    string? WorstFeature,
    DriftStatusCounts Counts,
    ImmutableArray<FeatureDrift> Features,
    PredictionDrift Prediction)
{
    /// <param name="baseline">The model's; null without one.</param>
    /// <param name="firstAnswers">The deployment's, once they are frozen.</param>
    public static DriftReport Of(ModelSignature signature, Baseline? baseline, PredictionBins? firstAnswers, WindowCounts window)
    {
        var features = ImmutableArray.CreateBuilder<FeatureDrift>();
        for (var feature = 0; feature < signature.Features.Length; feature++)
        {
            if (baseline?.Features[feature] is { } bins)
            {
                features.Add(FeatureDrift.Of(signature.Features[feature], bins, window.Feature(feature), window.Unseen(feature)));
            }
        }

        var enough = features.Where(feature => feature.Index.Status != DriftStatus.InsufficientData).ToList();
        var worst = enough.MaxBy(feature => feature.Index.Value);
        double? mean = enough.Count == 0 ? null : enough.Average(feature => feature.Index.Value);
        var counts = new DriftStatusCounts(Count(DriftStatus.Low), Count(DriftStatus.Moderate), Count(DriftStatus.High), Count(DriftStatus.InsufficientData));
        return new DriftReport(
            features.Count == 0 ? DriftStatus.NoBaseline : Overall(mean, counts.High > 0),
            window.Rows,
            mean,
            worst?.Index.Value,
            worst?.Name,
            counts,
            features.ToImmutable(),
            PredictionDrift.Of(signature.Output, baseline?.Prediction ?? firstAnswers, window.Predictions));

        int Count(DriftStatus status) => features.Count(feature => feature.Index.Status == status);
    }

    private static DriftStatus Overall(double? mean, bool anyHigh) => mean is not { } psi
        ? DriftStatus.InsufficientData
        : DriftThresholds.Status(psi) is var status && status == DriftStatus.Low && anyHigh ? DriftStatus.Moderate : status;
}
