using System.Numerics;

namespace MlOps.Metrics;

/// <summary>
/// Latencies in microseconds, by fixed buckets: 128 for each power of two, so that a bucket's middle is within 1/256 of each of its values, and values below
/// 256 are exact. Percentiles cannot be averaged, but these histograms add up: the sum of many is the histogram of all their values, in any order.
/// Not for several threads at once.
/// </summary>
public sealed class LatencyHistogram
{
    private const byte Version = 1;
    private const string What = "latencies";
    private const int SubBits = 7;
    private const int SubBuckets = 1 << SubBits;

    private readonly CountVector counts;

    public LatencyHistogram()
        : this(new CountVector())
    {
    }

    private LatencyHistogram(CountVector counts) => this.counts = counts;

    public long Count => counts.Total;

    /// <param name="microseconds">Not negative.</param>
    public void Add(long microseconds)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(microseconds);
        counts.Add(Bucket(microseconds));
    }

    public void Add(LatencyHistogram other) => counts.Add(other.counts);

    /// <summary>The middle of the bucket that holds the value of this rank (the smallest value that a share of all are not above), in microseconds; null without values.</summary>
    /// <param name="share">From 0 to 1.</param>
    public double? Quantile(double share)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, 1);
        var total = counts.Total;
        if (total == 0)
        {
            return null;
        }

        // 0.99 · 100 must not be a little above 99.
        var rank = Math.Clamp((long)Math.Ceiling((share * total) - 1e-9), 1, total);
        var bucket = 0;
        for (var reached = counts.Span[0]; reached < rank; reached += counts.Span[bucket])
        {
            bucket++;
        }

        return Middle(bucket);
    }

    /// <summary>For a column of the database: a byte for the version, then variable-length numbers.</summary>
    public byte[] ToBytes()
    {
        var writer = new CountWriter(Version);
        Write(writer);
        return writer.ToArray();
    }

    /// <exception cref="InvalidDataException">These are not the bytes of a histogram, or of another version.</exception>
    public static LatencyHistogram Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CountReader(bytes, What, Version);
        var histogram = Read(ref reader);
        reader.End();
        return histogram;
    }

    internal void Write(CountWriter writer) => writer.Counts(counts.Span);

    internal static LatencyHistogram Read(ref CountReader reader)
    {
        var counts = reader.Counts();
        return counts.Span.Length > Bucket(long.MaxValue) + 1 ? throw reader.Damaged() : new LatencyHistogram(counts);
    }

    // Values below 128 are their own bucket; above, the power of two and the seven bits after the leading one.
    private static int Bucket(long value)
    {
        var shift = Math.Max(0, BitOperations.Log2((ulong)value) - SubBits);
        return (shift * SubBuckets) + (int)(value >> shift);
    }

    private static double Middle(int bucket)
    {
        if (bucket < 2 * SubBuckets)
        {
            return bucket;
        }

        var shift = (bucket / SubBuckets) - 1;
        var low = (double)((long)(bucket - (shift * SubBuckets)) << shift);
        return low + (((1L << shift) - 1) / 2.0);
    }
}
