using System.Collections.Immutable;
using System.Globalization;
using MlOps.Drift;
using MlOps.Models;
using MlOps.Predictions;

namespace MlOps.Tests.Predictions;

/// <summary>Signatures for tests: one narrow input for each feature unless said otherwise.</summary>
internal static class Signatures
{
    public static OutputSpec Regression { get; } = new(ModelTask.Regression, null, [], ["y"], [], 1, false, ScoreKind.Value, [], null, []);

    public static PredictionPlan Plan(params Feature[] features) => Plan(Regression, null, features);

    public static PredictionPlan Plan(OutputSpec output, Baseline? baseline, params Feature[] features)
    {
        ImmutableArray<InputSpec> inputs = [.. features.Select((feature, index) => new InputSpec(feature.Name, feature.Input, 2, 1, [index], null))];
        ImmutableArray<FeatureSpec> specs = [.. features.Select((feature, index) => new FeatureSpec(
            feature.Name, feature.Type, feature.Nullable, feature.Missing, feature.Domain, feature.IsIndex, feature.Unseen, index, 0))];
        return new PredictionPlan(new ModelSignature(inputs, specs, output, false), baseline);
    }

    /// <summary>What a column was fed, as invariant text.</summary>
    public static string Fed(PredictionBatch batch, int row, int feature)
    {
        var spec = batch.Plan.Signature.Features[feature];
        var at = (row * batch.Inputs[spec.Input].Input.Width) + spec.Column;
        return batch.Inputs[spec.Input] switch
        {
            TensorBuffer<float> buffer => buffer.Values[at].ToString("R", CultureInfo.InvariantCulture),
            TensorBuffer<double> buffer => buffer.Values[at].ToString("R", CultureInfo.InvariantCulture),
            TensorBuffer<Half> buffer => buffer.Values[at].ToString("R", CultureInfo.InvariantCulture),
            TensorBuffer<long> buffer => buffer.Values[at].ToString(CultureInfo.InvariantCulture),
            TensorBuffer<int> buffer => buffer.Values[at].ToString(CultureInfo.InvariantCulture),
            TensorBuffer<bool> buffer => buffer.Values[at] ? "True" : "False",
            TensorBuffer<string> buffer => buffer.Values[at],
            var other => throw new InvalidOperationException($"{other} is no buffer."),
        };
    }
}

/// <summary>A feature with its own input.</summary>
internal sealed record Feature(string Name, FeatureType Type, ElementType Input)
{
    public bool Nullable { get; init; }

    public Scalar? Missing { get; init; }

    public ImmutableArray<Scalar> Domain { get; init; }

    public bool IsIndex { get; init; }

    public Scalar? Unseen { get; init; }

    public static Feature Number(string name, ElementType input = ElementType.Float) => new(name, FeatureType.Numeric, input);

    public static Feature Category(string name, params string[] domain) =>
        new(name, FeatureType.Categorical, ElementType.String) { Domain = [.. domain.Select(Scalar.Of)] };

    public static Feature Index(string name, ElementType input, params string[] domain) =>
        new(name, FeatureType.Categorical, input) { Domain = [.. domain.Select(Scalar.Of)], IsIndex = true };
}
