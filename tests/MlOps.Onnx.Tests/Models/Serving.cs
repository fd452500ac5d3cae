using System.Collections.Immutable;
using MlOps.Format;
using MlOps.Models;
using MlOps.Predictions;

namespace MlOps.Tests.Models;

/// <summary>A small graph in memory, served by a signature written by hand.</summary>
internal sealed class Serving : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly PredictionPlan plan;

    public Serving(ModelProto model, ModelSignature signature)
    {
        Loaded = new OnnxModelRuntime().Load("digest", scratch.Write(model), signature);
        plan = new PredictionPlan(signature, null);
    }

    public ILoadedModel Loaded { get; }

    /// <summary>A signature whose features are the columns of the inputs in their order.</summary>
    public static ModelSignature Signature(OutputSpec output, bool rowByRow, params InputSpec[] inputs)
    {
        var features = ImmutableArray.CreateBuilder<FeatureSpec>();
        var numbered = ImmutableArray.CreateBuilder<InputSpec>();
        foreach (var input in inputs)
        {
            var columns = input.Constant is null ? Enumerable.Range(0, input.Width).ToImmutableArray() : [];
            numbered.Add(input with { Features = [.. columns.Select(column => features.Count + column)] });
            foreach (var column in columns)
            {
                features.Add(new FeatureSpec(
                    $"{input.Name}_{column}", input.Type == ElementType.String ? FeatureType.Text : FeatureType.Numeric, false, null, default, false, null, numbered.Count - 1, column));
            }
        }

        return new ModelSignature(numbered.ToImmutable(), features.ToImmutable(), output, rowByRow);
    }

    public static InputSpec Input(string name, ElementType type, int width, ConstantSpec? constant = null, int rank = 2) => new(name, type, rank, width, [], constant);

    public static OutputSpec Value(string name, int width = 1) =>
        new(ModelTask.Regression, null, [], [name], [], width, false, ScoreKind.Value, [], null, []);

    public static OutputSpec Labelled(string label, string? scores, ImmutableArray<string> labels, ImmutableArray<string> keys = default) => new(
        ModelTask.Classification, label, labels, scores is null ? [] : [scores], keys.IsDefault ? [] : keys, scores is null ? 0 : labels.Length, false,
        scores is null ? ScoreKind.None : ScoreKind.Probability, labels, null, []);

    /// <summary>A batch of these rows, one value for each feature.</summary>
    public PredictionBatch Batch(params object[][] rows)
    {
        var batch = plan.Rent();
        batch.Resize(rows.Length);
        for (var row = 0; row < rows.Length; row++)
        {
            for (var feature = 0; feature < rows[row].Length; feature++)
            {
                var value = rows[row][feature] is string text ? Scalar.Of(text) : Scalar.Of(Convert.ToDouble(rows[row][feature], System.Globalization.CultureInfo.InvariantCulture));
                if (batch.Set(row, feature, value) is { } wrong)
                {
                    throw new ArgumentException(wrong);
                }
            }
        }

        return batch;
    }

    public double[] Scores(params object[][] rows)
    {
        var batch = Batch(rows);
        Loaded.Run(batch, 0, rows.Length, CancellationToken.None);
        return batch.Outputs.Scores[..(rows.Length * plan.Signature.Output.ScoreWidth)];
    }

    public void Dispose()
    {
        Loaded.Dispose();
        scratch.Dispose();
    }
}
