using System.Collections.Immutable;
using System.Runtime.InteropServices;
using MlOps.Models;

namespace MlOps.Drift;

/// <summary>One bin on both sides.</summary>
/// <param name="Label"><c>≤ x</c>, <c>(a, b]</c>, <c>&gt; z</c>, a value, <c>missing</c>, <c>unseen</c> or <c>other</c>; the same in every window.</param>
/// <param name="Baseline">Rows of the baseline.</param>
/// <param name="Current">Rows of the window.</param>
[GenerateSerializer, Immutable, Alias("MlOps.BinCount")]
public sealed record BinCount(string Label, long Baseline, long Current)
{
    internal static ImmutableArray<BinCount> Of(FeatureBins bins, FeatureType type, ReadOnlySpan<long> window)
    {
        var labels = BinLabels.Of(bins, type).ToArray();
        var counts = new BinCount[labels.Length];
        for (var bin = 0; bin < labels.Length; bin++)
        {
            counts[bin] = new BinCount(labels[bin], bins.Counts[bin], bin < window.Length ? window[bin] : 0);
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(counts);
    }
}

/// <summary>How far a feature has moved.</summary>
/// <param name="MissingRate">Share of the window's rows without a value; 0 for an empty window.</param>
/// <param name="UnseenRate">Share of the window's rows with a value that the baseline does not know; 0 for numbers in intervals and for free text, which has no known values.</param>
/// <param name="HighCardinality">The baseline has more values than are kept: known ones among the rarest are counted as unseen.</param>
[GenerateSerializer, Immutable, Alias("MlOps.FeatureDrift")]
public sealed record FeatureDrift(
    string Name, PopulationStabilityIndex Index, double MissingRate, double UnseenRate, bool HighCardinality, ImmutableArray<BinCount> Bins)
{
    internal static FeatureDrift Of(FeatureSpec feature, FeatureBins bins, ReadOnlySpan<long> window, long unseen)
    {
        var index = PopulationStabilityIndex.Of(bins.Counts.AsSpan(), window);
        var counts = BinCount.Of(bins, feature.Type, window);
        var missing = counts[bins.ByValue ? ^2 : ^1].Current;
        return new FeatureDrift(
            feature.Name,
            index,
            Share(missing, index.Rows),
            feature.Type == FeatureType.Text ? 0 : Share(unseen, index.Rows),
            bins.HighCardinality,
            counts);
    }

    private static double Share(long part, long rows) => rows == 0 ? 0 : part / (double)rows;
}

/// <summary>How far the predictions have moved.</summary>
/// <param name="Baseline">What they are compared with: <c>reference</c>, <c>training_labels</c> or <c>first_answers</c>; with the last, and no bins, too few are answered yet.</param>
[GenerateSerializer, Immutable, Alias("MlOps.PredictionDrift")]
public sealed record PredictionDrift(string Baseline, PopulationStabilityIndex Index, ImmutableArray<BinCount> Bins)
{
    internal static PredictionDrift Of(OutputSpec output, PredictionBins? bins, PredictionCounts window)
    {
        if (bins is null)
        {
            return new PredictionDrift(FirstAnswers.Source, PopulationStabilityIndex.Unknown(window.Rows), []);
        }

        var counts = window.In(bins, output);
        var type = output.Task == ModelTask.Regression ? FeatureType.Numeric : FeatureType.Categorical;
        return new PredictionDrift(bins.Source, PopulationStabilityIndex.Of(bins.Bins.Counts.AsSpan(), counts.AsSpan()), BinCount.Of(bins.Bins, type, counts.AsSpan()));
    }
}
