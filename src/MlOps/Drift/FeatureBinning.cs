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
        var counts = new Dictionary<double, long>();
        var present = new List<double>(values.Length);
        foreach (var value in values)
        {
            if (double.IsFinite(value))
            {
                // −0 and 0 are one value.
                present.Add(value + 0.0);
                CollectionsMarshal.GetValueRefOrAddDefault(counts, value + 0.0, out _)++;
            }
        }

        var missing = values.Length - present.Count;
        return type is FeatureType.Categorical or FeatureType.Boolean || counts.Count <= MostDistinctForValues
            ? OfCounts([.. counts.Select(one => (Value(type, one.Key), one.Value))], missing)
            : ByDeciles(present, missing);
    }

    /// <summary>
    /// Freezes a column of texts: one bin per value; for free text the bins of the lengths; for numbers and booleans that the model takes as
    /// texts the bins of what they say.
    /// </summary>
    /// <param name="values">One per baseline row; null is missing.</param>
    public static FeatureBins Freeze(FeatureType type, ReadOnlySpan<string?> values)
    {
        if (type == FeatureType.Text)
        {
            var lengths = new double[values.Length];
            for (var row = 0; row < lengths.Length; row++)
            {
                lengths[row] = values[row]?.Length ?? double.NaN;
            }

            return Freeze(FeatureType.Numeric, lengths);
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

        return OfCounts([.. counts.Select(one => (Scalar.Of(one.Key), one.Value))], missing);
    }

    // Null where a text is neither a number nor a boolean.
    private static double[]? Numbers(ReadOnlySpan<string?> values)
    {
        var numbers = new double[values.Length];
        for (var row = 0; row < numbers.Length; row++)
        {
            if (values[row] is not { } text)
            {
                numbers[row] = double.NaN;
            }
            else if (bool.TryParse(text, out var flag))
            {
                numbers[row] = flag ? 1 : 0;
            }
            else if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[row]))
            {
                return null;
            }
        }

        return numbers;
    }

    /// <summary>One bin per value, from counts of different values.</summary>
    internal static FeatureBins OfCounts(List<(Scalar Value, long Count)> counted, long missing)
    {
        var ranked = counted
            .Select(one => (one.Value, one.Count, Text: one.Value.ToString()))
            .OrderByDescending(one => one.Count)
            .ThenBy(one => one.Text, StringComparer.Ordinal)
            .ToList();
        var own = ranked.Take(MostValues).ToList();
        return new FeatureBins(
            default,
            [.. own.Select(one => one.Value)],
            [.. ranked.Skip(MostValues).Take(MostRarer).Select(one => one.Value)],
            ranked.Count > MostValues + MostRarer,
            [.. own.Select(one => one.Count), missing, ranked.Skip(MostValues).Sum(one => one.Count)]);
    }

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
