using System.Collections.Immutable;

namespace MlOps.Drift;

/// <summary>
/// The fixed cells in which numbers are counted while no bins are frozen for them: for each sign 65,536 cells per power of two, and one for zero.
/// A cell holds the numbers above its lower edge up to and with its upper one, as bins do, so an edge of a bin that is an edge of the grid splits no cell:
/// counting in cells and moving the cells into such bins gives the same counts as counting in the bins.
/// </summary>
public static class PredictionGrid
{
    /// <summary>So many different cells get bins of their own, as so many different values of a feature do.</summary>
    private const int MostDistinct = FeatureBinning.MostDistinctForValues;

    // A double's bits rise with its value; what is left after 36 of them are dropped is exponent and 16 bits of fraction.
    private const int Dropped = 36;

    /// <summary>The cell of a finite number. Cells rise with their numbers; 0 holds zero alone.</summary>
    public static int Cell(double value)
    {
        if (!double.IsFinite(value))
        {
            throw new ArgumentOutOfRangeException(nameof(value), value, "Only finite predictions are counted.");
        }

        var bits = BitConverter.DoubleToInt64Bits(Math.Abs(value));
        return value > 0 ? (int)((bits - 1) >> Dropped) + 1 : value < 0 ? -(int)(bits >> Dropped) - 1 : 0;
    }

    /// <summary>The largest number of a cell: the next cell's numbers are above it. Infinite for the last one.</summary>
    public static double UpperEdge(int cell) => cell switch
    {
        >= 0 => BitConverter.Int64BitsToDouble((long)cell << Dropped),
        -1 => -double.Epsilon,
        _ => -BitConverter.Int64BitsToDouble((long)(-cell - 1) << Dropped),
    };

    /// <summary>
    /// Bins for counts by cell, with edges of the grid: at the first cell's upper edge by which each decile is reached, or, for at most 20 different
    /// cells, on both sides of each. So predictions that hardly vary leave their bin when they move, to either side.
    /// </summary>
    internal static FeatureBins Freeze(IReadOnlyDictionary<int, long> cells)
    {
        var rising = cells.Where(cell => cell.Value > 0).OrderBy(cell => cell.Key).ToList();
        var edges = rising.Count <= MostDistinct
            ? rising.SelectMany(cell => new[] { UpperEdge(cell.Key - 1), UpperEdge(cell.Key) })
            : Deciles(rising).Select(UpperEdge);
        ImmutableArray<double> kept = [.. edges.Where(double.IsFinite).Distinct().Order()];
        var counts = new long[kept.Length + 2];
        Rebin(cells, kept, counts);
        return new FeatureBins(kept, default, default, false, [.. counts]);
    }

    /// <summary>Adds counts by cell to counts by bin: exact, for the edges are the grid's.</summary>
    internal static void Rebin(IReadOnlyDictionary<int, long> cells, ImmutableArray<double> edges, Span<long> counts)
    {
        foreach (var (cell, count) in cells)
        {
            // The number of edges strictly below the cell's largest number is the same for all of its numbers.
            var at = edges.BinarySearch(UpperEdge(cell));
            counts[at < 0 ? ~at : at] += count;
        }
    }

    private static IEnumerable<int> Deciles(List<KeyValuePair<int, long>> rising)
    {
        var total = rising.Sum(cell => cell.Value);
        var (reached, decile) = (0L, 1);
        foreach (var (cell, count) in rising)
        {
            reached += count;
            while (decile <= 9 && (Int128)10 * reached >= (Int128)decile * total)
            {
                decile++;
                yield return cell;
            }
        }
    }
}
