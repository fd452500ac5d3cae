using System.Collections.Immutable;
using MlOps.Drift;
using MlOps.Models;

namespace MlOps.Tests.Drift;

/// <summary>Signatures and baselines for tests of drift.</summary>
internal static class DriftModels
{
    public static OutputSpec Regression { get; } = new(ModelTask.Regression, null, [], ["y"], [], 1, false, ScoreKind.Value, [], null, []);

    public static OutputSpec Classifier(params string[] classes) =>
        new(ModelTask.Classification, null, [], ["p"], [], classes.Length, false, ScoreKind.Probability, [.. classes], null, []);

    public static ModelSignature Signature(OutputSpec output, params (string Name, FeatureType Type)[] features)
    {
        ImmutableArray<InputSpec> inputs = [.. features.Select((feature, index) => new InputSpec(feature.Name, ElementType.Float, 2, 1, [index], null))];
        return new ModelSignature(inputs, [.. features.Select((feature, index) => new FeatureSpec(feature.Name, feature.Type, true, null, default, false, null, index, 0))], output, false);
    }

    /// <summary>Bins at whole numbers: ≤ 1, (1, 2], …, and missing.</summary>
    public static FeatureBins Edges(params long[] counts) =>
        new([.. Enumerable.Range(1, counts.Length - 2).Select(edge => (double)edge)], default, default, false, [.. counts]);

    public static Baseline Baseline(params FeatureBins?[] features) => new(10_000, [.. features], null);
}
