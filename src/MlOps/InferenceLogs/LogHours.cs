namespace MlOps.InferenceLogs;

/// <summary>The hours of a range with their rows; those that the range cuts by their seconds.</summary>
internal sealed class LogHours
{
    private readonly ILogCounts counts;
    private readonly LogRange range;
    private readonly SortedDictionary<long, long> rows = [];
    private readonly Dictionary<long, LogSeconds> cut = [];

    private LogHours(ILogCounts counts, LogRange range) => (this.counts, this.range) = (counts, range);

    public long Total => rows.Values.Sum();

    public static async ValueTask<LogHours> Read(ILogCounts counts, LogRange range, CancellationToken cancellation)
    {
        var hours = new LogHours(counts, range);
        var (first, last) = (Hour(range.From), Hour(range.To - 1));
        foreach (var (hour, count) in await counts.Hours(first, last, cancellation))
        {
            if (hour.Number >= first.Number && hour.Number <= last.Number && count > 0)
            {
                hours.rows[hour.Number] = hours.rows.GetValueOrDefault(hour.Number) + count;
            }
        }

        // The first and the last, or the one that is both.
        foreach (var edge in new[] { first, last }.Distinct())
        {
            if (hours.rows.ContainsKey(edge.Number) && !LogSeconds.Covers(range, edge))
            {
                var seconds = await LogSeconds.Read(counts, edge, range, cancellation);
                hours.cut[edge.Number] = seconds;
                hours.rows[edge.Number] = seconds.Total;
            }
        }

        return hours;
    }

    /// <summary>The hour of the row after so many, and how many of them are in it.</summary>
    public (UtcHour Hour, long Skip) Find(LogOrder order, long offset)
    {
        foreach (var (hour, count) in order == LogOrder.OldestFirst ? rows : rows.Reverse())
        {
            if (offset < count)
            {
                return (new UtcHour(hour), offset);
            }

            offset -= count;
        }

        throw new ArgumentOutOfRangeException(nameof(offset), "The range holds fewer rows.");
    }

    public async ValueTask<LogSeconds> Seconds(UtcHour hour, CancellationToken cancellation) =>
        cut.TryGetValue(hour.Number, out var seconds) ? seconds : await LogSeconds.Read(counts, hour, range, cancellation);

    private static UtcHour Hour(long milliseconds) => new(milliseconds / LogSeconds.MillisecondsPerHour);
}
