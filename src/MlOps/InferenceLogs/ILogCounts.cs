namespace MlOps.InferenceLogs;

/// <summary>Rows of one hour.</summary>
public readonly record struct HourRows(UtcHour Hour, long Rows);

/// <summary>Rows of one minute, by second.</summary>
public readonly record struct MinuteRows(UtcMinute Minute, SecondCounts Seconds);

/// <summary>
/// The counts of one series of log rows: a deployment's, or those of them that a counted filter matches (a status code, a class). All answers come from one
/// snapshot of the database, the one that the page's rows are then read from, or counts and rows could disagree.
/// </summary>
public interface ILogCounts
{
    /// <summary>Hours with rows from <paramref name="first"/> to <paramref name="last"/>, both included; one hour may come several times, from several journals.</summary>
    ValueTask<IReadOnlyList<HourRows>> Hours(UtcHour first, UtcHour last, CancellationToken cancellation);

    /// <summary>Minutes of an hour with rows; one minute may come several times, from several journals.</summary>
    ValueTask<IReadOnlyList<MinuteRows>> Minutes(UtcHour hour, CancellationToken cancellation);

    /// <summary>Counts rows one by one. Asked for at most half a second at either end of the filter.</summary>
    ValueTask<long> CountRows(LogRange range, CancellationToken cancellation);
}
