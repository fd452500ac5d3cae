using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using MlOps.Models;

namespace MlOps.Drift;

/// <summary>Freezes the bins of a feature from its baseline column.</summary>
public static class FeatureBinning
{
    /// <summary>A feature with at most so many different values has one bin for each.</summary>
    public const int MostDistinctForValues = 20;

    /// <summary>Values that get a bin of their own, the most frequent first.</summary>
    public const int MostValues = 50;

    /// <summary>Known values without a bin of their own that are kept.</summary>
    public const int MostRarer = 10_000;

    /// <summary>Freezes a column of numbers, or of booleans as 1 and 0.</summary>
    /// <param name="values">One per baseline row; NaN (and infinity, which no prediction may send) is missing.</param>
    public static FeatureBins Freeze(FeatureType type, ReadOnlySpan<double> values)
    {
        var byValue = type is FeatureType.Categorical or FeatureType.Boolean;
        var counts = new Dictionary<double, long>();
        var present = new List<double>(values.Length);
        foreach (var value in values)
        {
            if (double.IsFinite(value))
            {
                // −0 and 0 are one value.
                present.Add(value + 0.0);
                // Past the limit the counts are not needed: deciles are taken from the values.
                if (byValue || counts.Count <= MostDistinctForValues)
                {
                    CollectionsMarshal.GetValueRefOrAddDefault(counts, value + 0.0, out _)++;
                }
            }
        }

        var missing = values.Length - present.Count;
        return byValue || counts.Count <= MostDistinctForValues
            ? ByValue(counts.Select(one => (Value(type, one.Key), one.Value)), counts.Count, missing)
            : ByDeciles(present, missing);
    }

    /// <summary>
    /// Freezes a column of texts: one bin per value; for free text the bins of the lengths; for numbers and booleans that the model takes as
    /// texts the bins of what they say.
    /// </summary>
    /// <param name="values">One per baseline row; null is missing. Gone through more than once.</param>
    public static FeatureBins Freeze(FeatureType type, IReadOnlyCollection<string?> values)
    {
        if (type == FeatureType.Text)
        {
            return Freeze(FeatureType.Numeric, [.. values.Select(value => value?.Length ?? double.NaN)]);
        }

        if (type is FeatureType.Numeric or FeatureType.Boolean && Numbers(values) is { } numbers)
        {
            return Freeze(type, numbers);
        }

        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        var missing = 0L;
        foreach (var value in values)
        {
            if (value is null)
            {
                missing++;
            }
            else
            {
                CollectionsMarshal.GetValueRefOrAddDefault(counts, value, out _)++;
            }
        }

        return ByValue(counts.Select(one => (Scalar.Of(one.Key), one.Value)), counts.Count, missing);
    }

    // Null where a text is neither a number nor a boolean.
    private static double[]? Numbers(IReadOnlyCollection<string?> values)
    {
        var numbers = new double[values.Count];
        var row = 0;
        foreach (var value in values)
        {
            if (value is null)
            {
                numbers[row++] = double.NaN;
            }
            else if (bool.TryParse(value, out var flag))
            {
                numbers[row++] = flag ? 1 : 0;
            }
            else if (!double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[row++]))
            {
                return null;
            }
        }

        return numbers;
    }

    /// <summary>One bin per value, from counts of different values.</summary>
    internal static FeatureBins OfCounts(List<(Scalar Value, long Count)> counted, long missing) => ByValue(counted, counted.Count, missing);

    // Of a million different values only those that are kept are held at a time.
    private static FeatureBins ByValue(IEnumerable<(Scalar Value, long Count)> counted, int distinct, long missing)
    {
        var kept = new PriorityQueue<Scalar, Rank>(WorstFirst);
        var all = 0L;
        foreach (var (value, count) in counted)
        {
            all += count;
            var rank = new Rank(count, value.ToString());
            if (kept.Count < MostValues + MostRarer)
            {
                kept.Enqueue(value, rank);
            }
            else
            {
                kept.EnqueueDequeue(value, rank);
            }
        }

        var ranked = new (Scalar Value, long Count)[kept.Count];
        for (var index = ranked.Length - 1; index >= 0; index--)
        {
            kept.TryDequeue(out var value, out var rank);
            ranked[index] = (value, rank.Count);
        }

        var own = ranked.AsSpan(0, Math.Min(ranked.Length, MostValues)).ToArray();
        return new FeatureBins(
            default,
            [.. own.Select(one => one.Value)],
            [.. ranked.Skip(MostValues).Select(one => one.Value)],
            distinct > MostValues + MostRarer,
            [.. own.Select(one => one.Count), missing, all - own.Sum(one => one.Count)]);
    }

    private readonly record struct Rank(long Count, string Text);

    // The rarest first, of equals the one whose text comes last.
    private static Comparer<Rank> WorstFirst { get; } =
        Comparer<Rank>.Create((a, b) => a.Count != b.Count ? a.Count.CompareTo(b.Count) : string.CompareOrdinal(b.Text, a.Text));

    private static FeatureBins ByDeciles(List<double> values, long missing)
    {
        values.Sort();
        ImmutableArray<double> edges = [.. Enumerable.Range(1, 9).Select(decile => Quantile(values, decile / 10.0)).Distinct().Order()];
        var counts = new long[edges.Length + 2];
        var bin = 0;
        foreach (var value in values)
        {
            while (bin < edges.Length && edges[bin] < value)
            {
                bin++;
            }

            counts[bin]++;
        }

        counts[^1] = missing;
        return new FeatureBins(edges, default, default, false, [.. counts]);
    }

    // Linear interpolation between the two neighbours, from the nearer one, as numpy's default does it: the edges are equal to the last bit.
    private static double Quantile(List<double> sorted, double share)
    {
        var position = share * (sorted.Count - 1);
        var below = (int)Math.Floor(position);
        var (low, high) = (sorted[below], sorted[Math.Min(below + 1, sorted.Count - 1)]);
        var part = position - below;
        return part >= 0.5 ? high - ((high - low) * (1 - part)) : low + ((high - low) * part);
    }

    private static Scalar Value(FeatureType type, double value) =>
        type == FeatureType.Boolean && value is (0 or 1) ? Scalar.Of(value == 1)
        : Scalar.Of(value).AsInteger is { } whole ? Scalar.Of(whole)
        : Scalar.Of(value);
}
