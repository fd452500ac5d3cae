using System.Collections.Immutable;
using MlOps.Models;
using MlOps.Predictions;

namespace MlOps.Contributions;

/// <summary>
/// Contributions of any model, by running it on rows that take some features from the explained row and the rest from a background row: what a coalition of features is
/// worth is the mean over the background. Up to <see cref="MostEnumerated"/> features every coalition is run; beyond, features join in random orders.
/// </summary>
internal abstract class CoalitionExplainer : IExplainer
{
    /// <summary>Features up to which every coalition is run.</summary>
    public const int MostEnumerated = 12;

    private const int RowsPerRun = 512;

    private readonly GraphValues values;
    private readonly double[] bias;

    /// <param name="rows">One value for each feature, as a caller would send it.</param>
    protected CoalitionExplainer(GraphValues values, ContributionSpace space, ImmutableArray<ImmutableArray<Scalar>> rows, CancellationToken deadline)
    {
        (this.values, Space) = (values, space);
        Background = new PredictionBatch(values.Plan);
        Background.Resize(rows.Length);
        for (var row = 0; row < rows.Length; row++)
        {
            for (var feature = 0; feature < Features; feature++)
            {
                if (Background.Set(row, feature, rows[row][feature]) is { } fault)
                {
                    throw new InvalidDataException($"A row of the background may not be fed: {fault}");
                }
            }
        }

        OfBackground = new double[rows.Length * values.Count];
        bias = new double[values.Count];
        Values(Background, OfBackground, deadline);
        for (var at = 0; at < OfBackground.Length; at++)
        {
            bias[at % bias.Length] += OfBackground[at] / rows.Length;
        }
    }

    public abstract ContributionMethod Method { get; }

    public ContributionSpace Space { get; }

    public int Scores => values.Count;

    public long Bytes => values.Bytes + (values.Plan.RowBytes * Background.Rows);

    protected int Features => values.Plan.Signature.Features.Length;

    protected PredictionBatch Background { get; }

    /// <summary>The scores of the background's rows.</summary>
    protected double[] OfBackground { get; }

    public static CoalitionExplainer Of(GraphValues values, ContributionSpace space, ImmutableArray<ImmutableArray<Scalar>> rows, CancellationToken deadline) =>
        values.Plan.Signature.Features.Length <= MostEnumerated
            ? new EnumeratedExplainer(values, space, rows, deadline)
            : new SampledExplainer(values, space, rows, deadline);

    public double Bias(int score) => bias[score];

    public void Explain(PredictionBatch batch, BatchContributions into, int from, int count, CancellationToken deadline)
    {
        var mixed = values.Plan.Rent();
        try
        {
            for (var row = from; row < from + count; row++)
            {
                Explain(batch, row, mixed, into, deadline);
            }
        }
        finally
        {
            values.Plan.Return(mixed);
        }
    }

    public void Dispose()
    {
        Background.Dispose();
        values.Dispose();
    }

    protected abstract void Explain(PredictionBatch batch, int row, PredictionBatch mixed, BatchContributions into, CancellationToken deadline);

    /// <summary>The first score that is explained of a row, and how many.</summary>
    protected (int First, int Count) Explained(PredictionBatch batch, int row, BatchContributions into) =>
        into.All || Scores == 1 ? (0, Scores) : (batch.Outputs.Classes[row], 1);

    /// <summary>Runs mixed rows, which are made in pieces.</summary>
    /// <param name="make">Makes mixed row number <c>index</c> at a place of the batch.</param>
    /// <param name="scores">Receives [count, scores], row-major.</param>
    protected void Run(PredictionBatch mixed, int count, Action<int, int> make, Span<double> scores, CancellationToken deadline)
    {
        for (var first = 0; first < count; first += RowsPerRun)
        {
            var rows = Math.Min(RowsPerRun, count - first);
            mixed.Resize(rows);
            for (var at = 0; at < rows; at++)
            {
                make(first + at, at);
            }

            values.Run(mixed, scores.Slice(first * Scores, rows * Scores), deadline);
        }
    }

    private void Values(PredictionBatch batch, Span<double> scores, CancellationToken deadline) => values.Run(batch, scores, deadline);
}
