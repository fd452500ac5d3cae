namespace MlOps;

/// <summary>Counts by index. What was never counted is zero, so vectors of any lengths add up. Not for several threads at once.</summary>
internal sealed class CountVector
{
    private long[] counts = [];

    public CountVector()
    {
    }

    public CountVector(long[] counts) => this.counts = counts;

    /// <summary>May end in zeros, or before an index that was never counted.</summary>
    public ReadOnlySpan<long> Span => counts;

    public long Total
    {
        get
        {
            var total = 0L;
            foreach (var count in counts)
            {
                total += count;
            }

            return total;
        }
    }

    public void Reserve(int length)
    {
        if (counts.Length < length)
        {
            Array.Resize(ref counts, length);
        }
    }

    public void Add(int index, long count = 1)
    {
        if (index >= counts.Length)
        {
            Reserve(Math.Max(index + 1, 2 * counts.Length));
        }

        counts[index] += count;
    }

    public void Add(CountVector other)
    {
        Reserve(other.counts.Length);
        for (var index = 0; index < other.counts.Length; index++)
        {
            counts[index] += other.counts[index];
        }
    }
}
