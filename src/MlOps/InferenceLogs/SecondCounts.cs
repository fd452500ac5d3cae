namespace MlOps.InferenceLogs;

/// <summary>Log rows of one minute by second: the lowest level of the counts behind paging. Not for several threads at once.</summary>
public sealed class SecondCounts
{
    public const int SecondsPerMinute = 60;

    private const byte Version = 1;
    private const string What = "row counts";

    private readonly CountVector counts;

    public SecondCounts()
        : this(new CountVector())
    {
    }

    private SecondCounts(CountVector counts)
    {
        this.counts = counts;
        counts.Reserve(SecondsPerMinute);
    }

    /// <summary>Rows of the minute.</summary>
    public long Total => counts.Total;

    /// <param name="second">0 to 59.</param>
    public long this[int second] => counts.Span[second];

    /// <summary>Counts rows by the second of their id's time, as <see cref="LogRange"/> does.</summary>
    /// <param name="second">0 to 59.</param>
    public void Add(int second, long rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(second);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(second, SecondsPerMinute);
        counts.Add(second, rows);
    }

    public void Add(SecondCounts other) => counts.Add(other.counts);

    /// <summary>For a column of the database: a byte for the version, then variable-length numbers.</summary>
    public byte[] ToBytes()
    {
        var writer = new CountWriter(Version);
        writer.Counts(counts.Span);
        return writer.ToArray();
    }

    /// <exception cref="InvalidDataException">These are not the bytes of such counts, or of another version.</exception>
    public static SecondCounts Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CountReader(bytes, What, Version);
        var counts = reader.Counts();
        reader.End();
        return counts.Span.Length > SecondsPerMinute ? throw reader.Damaged() : new SecondCounts(counts);
    }
}
