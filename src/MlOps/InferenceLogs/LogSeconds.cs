namespace MlOps.InferenceLogs;

/// <summary>The seconds of an hour with the rows that lie in a range.</summary>
internal sealed class LogSeconds
{
    public const long MillisecondsPerHour = 3_600_000;

    private const int SecondsPerHour = 3_600;
    private const long MillisecondsPerSecond = 1_000;

    private readonly UtcHour hour;
    private readonly LogRange range;
    private readonly long[] rows = new long[SecondsPerHour];

    private LogSeconds(UtcHour hour, LogRange range) => (this.hour, this.range) = (hour, range);

    public long Total => rows.Sum();

    public static bool Covers(LogRange range, UtcHour hour) =>
        range.From <= hour.Number * MillisecondsPerHour && range.To >= (hour.Number + 1) * MillisecondsPerHour;

    public static async ValueTask<LogSeconds> Read(ILogCounts counts, UtcHour hour, LogRange range, CancellationToken cancellation)
    {
        var seconds = new LogSeconds(hour, range);
        foreach (var (minute, inMinute) in await counts.Minutes(hour, cancellation))
        {
            if (minute.Hour == hour)
            {
                var first = (int)(minute.Number % 60) * SecondCounts.SecondsPerMinute;
                for (var second = 0; second < SecondCounts.SecondsPerMinute; second++)
                {
                    seconds.rows[first + second] += inMinute[second];
                }
            }
        }

        for (var second = 0; second < SecondsPerHour; second++)
        {
            if (seconds.rows[second] > 0)
            {
                seconds.rows[second] = await InRange(counts, seconds.Span(second), range, seconds.rows[second], cancellation);
            }
        }

        return seconds;
    }

    /// <summary>Where to read the row after so many.</summary>
    public LogScan Find(LogOrder order, long skip)
    {
        for (var step = 0; step < SecondsPerHour; step++)
        {
            var second = order == LogOrder.OldestFirst ? step : SecondsPerHour - 1 - step;
            if (skip < rows[second])
            {
                var span = Span(second);
                return new LogScan(order == LogOrder.OldestFirst ? range with { From = Math.Max(range.From, span.From) } : range with { To = Math.Min(range.To, span.To) }, order, skip);
            }

            skip -= rows[second];
        }

        throw new InvalidDataException($"The counts of hour {hour} say that it has more rows than its minutes say.");
    }

    private static async ValueTask<long> InRange(ILogCounts counts, LogRange second, LogRange range, long rows, CancellationToken cancellation)
    {
        var part = second.And(range);
        if (part.IsEmpty)
        {
            return 0;
        }

        if (part == second)
        {
            return rows;
        }

        if (part.To - part.From <= MillisecondsPerSecond / 2)
        {
            return await counts.CountRows(part, cancellation);
        }

        var before = part.From > second.From ? await counts.CountRows(second with { To = part.From }, cancellation) : 0;
        var after = part.To < second.To ? await counts.CountRows(second with { From = part.To }, cancellation) : 0;
        return rows - before - after;
    }

    private LogRange Span(int second)
    {
        var start = (hour.Number * MillisecondsPerHour) + (second * MillisecondsPerSecond);
        return new LogRange(start, start + MillisecondsPerSecond);
    }
}
