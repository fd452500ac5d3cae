namespace MlOps.InferenceLogs;

/// <summary>In which order rows are shown: by id, so by time.</summary>
public enum LogOrder
{
    NewestFirst,
    OldestFirst,
}

/// <summary>Where a page's rows are read.</summary>
/// <param name="Range">The ids to walk: from the largest down for newest first, from the smallest up for oldest first.</param>
/// <param name="Skip">Rows to pass over before the page begins: fewer than the first second of the walk has.</param>
public readonly record struct LogScan(LogRange Range, LogOrder Order, long Skip);

/// <summary>A page of the log, found by counts.</summary>
/// <param name="Total">Rows that the range holds, exactly.</param>
/// <param name="Scan">Null when the page is beyond the last row.</param>
public readonly record struct LogPlan(long Total, LogScan? Scan)
{
    /// <summary>
    /// Finds the page that begins after <paramref name="offset"/> rows, however deep it lies: sums hours, descends into the hour where the page begins, and from it into the
    /// second. Hours that the range cuts are summed by seconds, and a second that it cuts is counted row by row, from its smaller part: the other is the rest. So whatever the
    /// range and offset are, no more is read row by row than half a second at each end, and the second where the page begins.
    /// </summary>
    public static async ValueTask<LogPlan> Make(ILogCounts counts, LogRange range, LogOrder order, long offset, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (range.IsEmpty)
        {
            return default;
        }

        var hours = await LogHours.Read(counts, range, cancellation);
        var total = hours.Total;
        if (offset >= total)
        {
            return new LogPlan(total, null);
        }

        var (hour, skip) = hours.Find(order, offset);
        var seconds = await hours.Seconds(hour, cancellation);
        return new LogPlan(total, seconds.Find(order, skip));
    }
}
