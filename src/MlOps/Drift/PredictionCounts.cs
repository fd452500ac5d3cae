using System.Collections.Immutable;
using System.Runtime.InteropServices;
using MlOps.Models;

namespace MlOps.Drift;

/// <summary>
/// Answered rows by prediction: of a classifier by class; of a regression by bin of its reference, else by bin of its first answers, else, until these
/// are frozen, by cell of <see cref="PredictionGrid"/>. A window may hold several of them, for bins are frozen, and heard of by each silo, at some moment
/// within it: each count says what it counts, and none is lost. Sums are exact in any order. Not for several threads at once.
/// </summary>
public sealed class PredictionCounts
{
    private readonly CountVector classes;
    private readonly CountVector reference;
    private readonly CountVector firstAnswers;
    private readonly SortedDictionary<int, long> cells = [];

    public PredictionCounts()
        : this(new CountVector(), new CountVector(), new CountVector())
    {
    }

    private PredictionCounts(CountVector classes, CountVector reference, CountVector firstAnswers) =>
        (this.classes, this.reference, this.firstAnswers) = (classes, reference, firstAnswers);

    /// <summary>Rows counted.</summary>
    public long Rows => classes.Total + reference.Total + firstAnswers.Total + cells.Values.Sum();

    /// <summary>Rows by class in the order of <see cref="OutputSpec.Classes"/>; classes at the end that were never predicted may be left out.</summary>
    public ReadOnlySpan<long> Classes => classes.Span;

    /// <summary>Rows by cell, while there were no bins.</summary>
    internal IReadOnlyDictionary<int, long> Cells => cells;

    public void Add(PredictionCounts other)
    {
        classes.Add(other.classes);
        reference.Add(other.reference);
        firstAnswers.Add(other.firstAnswers);
        foreach (var (cell, count) in other.cells)
        {
            AddCell(cell, count);
        }
    }

    /// <summary>
    /// The counts in frozen bins. Those of first answers have edges of the grid, so what was counted by cell before they were frozen is moved into them
    /// exactly. Those of reference rows have any edges: what was counted before the reference came is left out, for drift counts from then on.
    /// </summary>
    public ImmutableArray<long> In(PredictionBins bins, OutputSpec output)
    {
        var counts = new long[bins.Bins.Counts.Length];
        if (output.Task != ModelTask.Regression)
        {
            var index = new BinIndex(bins.Bins);
            for (var at = 0; at < classes.Span.Length; at++)
            {
                if (classes.Span[at] > 0)
                {
                    counts[index.OfText(output.Classes[at]) & ~BinIndex.Unseen] += classes.Span[at];
                }
            }

            return ImmutableCollectionsMarshal.AsImmutableArray(counts);
        }

        var binned = Binned(bins).Span;
        for (var bin = 0; bin < binned.Length; bin++)
        {
            // Trailing zeros may reach beyond the bins; a count may not.
            if (binned[bin] != 0)
            {
                counts[bin] += binned[bin];
            }
        }

        if (bins.Source == FirstAnswers.Source)
        {
            PredictionGrid.Rebin(cells, bins.Bins.Edges, counts);
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(counts);
    }

    internal void AddClass(int index) => classes.Add(index);

    internal void AddBin(PredictionBins bins, int bin) => Binned(bins).Add(bin);

    internal void AddCell(int cell, long count) => cells[cell] = cells.GetValueOrDefault(cell) + count;

    internal void Write(CountWriter writer)
    {
        writer.Counts(classes.Span);
        writer.Counts(reference.Span);
        writer.Counts(firstAnswers.Span);
        writer.Unsigned((ulong)cells.Count);
        var before = 0L;
        foreach (var (cell, count) in cells)
        {
            writer.Signed(cell - before);
            writer.Unsigned((ulong)count);
            before = cell;
        }
    }

    internal static PredictionCounts Read(ref CountReader reader)
    {
        var counts = new PredictionCounts(reader.Counts(), reader.Counts(), reader.Counts());
        var cell = 0L;
        for (var left = reader.Length(); left > 0; left--)
        {
            cell += reader.Signed();
            if (cell is < int.MinValue or > int.MaxValue)
            {
                throw reader.Damaged();
            }

            counts.AddCell((int)cell, reader.Count());
        }

        return counts;
    }

    private CountVector Binned(PredictionBins bins) => bins.Source == FirstAnswers.Source ? firstAnswers : reference;
}
