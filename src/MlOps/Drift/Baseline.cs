using System.Collections.Immutable;
using MlOps.Models;

namespace MlOps.Drift;

/// <summary>The reference distribution of a model, frozen at registration (design §6).</summary>
/// <param name="Rows">Baseline rows counted.</param>
/// <param name="Features">In the model's order; null for a feature that the baseline lacks.</param>
/// <param name="Prediction">The prediction's own distribution; null when it is to be frozen from the first answers.</param>
public sealed record Baseline(long Rows, ImmutableArray<FeatureBins?> Features, PredictionBins? Prediction);

/// <summary>
/// The frozen bins of one feature. Bins are numbered: edges or values first, then <c>missing</c>, then, for values, <c>unseen</c> or <c>other</c>.
/// </summary>
/// <param name="Edges">Inner edges, rising: bin = number of edges strictly below the value. Default for a feature with one bin per value.</param>
/// <param name="Values">The value of each bin, most frequent first, ties by ordinal text. Default for a feature with edges.</param>
/// <param name="Rarer">Known values without a bin of their own (at most 10,000): in <c>other</c>, not unseen.</param>
/// <param name="HighCardinality">There were more rarer values than are kept.</param>
/// <param name="Counts">Baseline rows per bin.</param>
public sealed record FeatureBins(
    ImmutableArray<double> Edges,
    ImmutableArray<Scalar> Values,
    ImmutableArray<Scalar> Rarer,
    bool HighCardinality,
    ImmutableArray<long> Counts)
{
    public bool ByValue => !Values.IsDefault;

    /// <summary>Whether the last bin is <c>other</c> (known but rarer, and unseen) rather than <c>unseen</c>.</summary>
    public bool HasOther => ByValue && (!Rarer.IsDefaultOrEmpty || HighCardinality);
}

/// <summary>The distribution of a model's predictions.</summary>
/// <param name="Source">Where it comes from: <c>reference</c>, <c>training_labels</c>, or <see cref="FirstAnswers.Source"/>.</param>
/// <param name="Accuracy">Share of reference rows predicted as their target says, for a classifier; null when unknown.</param>
/// <param name="MeanAbsoluteError">For a regression; null when unknown.</param>
public sealed record PredictionBins(string Source, long Rows, FeatureBins Bins, double? Accuracy, double? MeanAbsoluteError);
