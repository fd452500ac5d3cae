using System.Buffers;
using MlOps.Predictions;

namespace MlOps.Contributions;

/// <summary>Contributions of trees and of weighted sums, from the columns that these look at.</summary>
internal abstract class ColumnExplainer(ContributionSpace space, int scores, EncodedColumns columns) : IExplainer
{
    private const int RowsAtOnce = 256;

    public abstract ContributionMethod Method { get; }

    public ContributionSpace Space => space;

    public int Scores => scores;

    public abstract long Bytes { get; }

    protected EncodedColumns Columns => columns;

    public abstract double Bias(int score);

    public void Explain(PredictionBatch batch, BatchContributions into, int from, int count, CancellationToken deadline)
    {
        var encoded = ArrayPool<double>.Shared.Rent(Math.Min(count, RowsAtOnce) * columns.Count);
        try
        {
            for (var first = from; first < from + count; first += RowsAtOnce)
            {
                var rows = Math.Min(RowsAtOnce, from + count - first);
                var read = encoded.AsSpan(0, rows * columns.Count);
                columns.Read(batch, first, rows, read, deadline);
                for (var score = 0; score < scores; score++)
                {
                    deadline.ThrowIfCancellationRequested();
                    Explain(batch, into, first, rows, score, read);
                }
            }
        }
        finally
        {
            ArrayPool<double>.Shared.Return(encoded);
        }
    }

    public void Dispose() => columns.Dispose();

    /// <param name="rows">Row-major [count, columns].</param>
    /// <param name="contributions">Receives [count, features], row-major.</param>
    protected abstract void Explain(ReadOnlySpan<double> rows, int count, int score, Span<double> contributions);

    // Runs of rows whose class it is, when only that is asked.
    private void Explain(PredictionBatch batch, BatchContributions into, int first, int rows, int score, ReadOnlySpan<double> read)
    {
        if (into.All && scores > 1)
        {
            for (var row = 0; row < rows; row++)
            {
                Explain(read.Slice(row * columns.Count, columns.Count), 1, score, into.Of(first + row, score));
            }

            return;
        }

        for (var row = 0; row < rows;)
        {
            var end = row;
            while (end < rows && (scores == 1 || batch.Outputs.Classes[first + end] == score))
            {
                end++;
            }

            if (end > row)
            {
                Explain(read[(row * columns.Count)..(end * columns.Count)], end - row, score, into.Values.AsSpan((first + row) * into.Features, (end - row) * into.Features));
            }

            row = end + 1;
        }
    }
}

/// <summary>Contributions of trees.</summary>
internal sealed class TreeColumnExplainer(ContributionSpace space, TreeExplainer trees, int scores, EncodedColumns columns) : ColumnExplainer(space, scores, columns)
{
    public override ContributionMethod Method => ContributionMethod.Tree;

    public override long Bytes => trees.Bytes + Columns.Bytes;

    public override double Bias(int score) => trees.Bias(score);

    protected override void Explain(ReadOnlySpan<double> rows, int count, int score, Span<double> contributions) => trees.Explain(rows, count, score, contributions);
}

/// <summary>Contributions of weighted sums.</summary>
internal sealed class LinearColumnExplainer(ContributionSpace space, LinearExplainer model, int scores, EncodedColumns columns) : ColumnExplainer(space, scores, columns)
{
    public override ContributionMethod Method => ContributionMethod.Linear;

    public override long Bytes => model.Bytes + Columns.Bytes;

    public override double Bias(int score) => model.Bias(score);

    protected override void Explain(ReadOnlySpan<double> rows, int count, int score, Span<double> contributions)
    {
        for (var row = 0; row < count; row++)
        {
            model.Explain(rows.Slice(row * Columns.Count, Columns.Count), score, contributions.Slice(row * contributions.Length / count, contributions.Length / count));
        }
    }
}
