using System.Collections.Immutable;
using MlOps.Models;
using MlOps.Predictions;

namespace MlOps.Tests.Contributions;

/// <summary>A regression that is a function of a row of numbers.</summary>
internal sealed class FunctionModel(int features, Func<double[], double> function) : ILoadedModel
{
    public ModelSignature Signature { get; } = new(
        [new InputSpec("X", ElementType.Double, 2, features, [.. Enumerable.Range(0, features)], null)],
        [.. Enumerable.Range(0, features).Select(index => new FeatureSpec($"f{index}", FeatureType.Numeric, true, null, default, false, null, 0, index))],
        new OutputSpec(ModelTask.Regression, null, [], ["value"], [], 1, false, ScoreKind.Value, [], null, []),
        false);

    public long SharedBytes => 0;

    public long OwnBytes => 0;

    public static ImmutableArray<ImmutableArray<Scalar>> Rows(IEnumerable<double[]> rows) => [.. rows.Select(row => row.Select(Scalar.Of).ToImmutableArray())];

    public void Run(PredictionBatch batch, int from, int count, CancellationToken deadline)
    {
        var values = ((TensorBuffer<double>)batch.Inputs[0]).Values;
        for (var row = from; row < from + count; row++)
        {
            batch.Outputs.Scores[row] = function(values[(row * features)..((row + 1) * features)]);
        }
    }

    public PredictionBatch Batch(IReadOnlyList<double[]> rows)
    {
        var batch = new PredictionBatch(new PredictionPlan(Signature, null));
        batch.Resize(rows.Count);
        for (var row = 0; row < rows.Count; row++)
        {
            for (var feature = 0; feature < features; feature++)
            {
                if (batch.Set(row, feature, Scalar.Of(rows[row][feature])) is { } wrong)
                {
                    throw new ArgumentException(wrong);
                }
            }
        }

        return batch;
    }

    public void Trim()
    {
    }

    public void Dispose()
    {
    }
}
