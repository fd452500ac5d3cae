using MlOps.Sql;

namespace MlOps.InferenceLogs;

/// <summary>The counts of a series, as one transaction sees them.</summary>
/// <param name="matches">The rows of the series, as <see cref="LogSelection.Matches"/>.</param>
internal sealed class LogCounts(SqlSession session, int deployment, string series, Statement matches) : ILogCounts
{
    private readonly string key = LogKeys.Series(series);

    public async ValueTask<IReadOnlyList<HourRows>> Hours(UtcHour first, UtcHour last, CancellationToken cancellation) =>
        await session.All(
            $"select hour, total from inference_hours where deployment = {deployment} and series = {key} and hour >= {first.Number} and hour <= {last.Number}",
            row => new HourRows(new(row.GetInt64(0)), row.GetInt64(1)));

    public async ValueTask<IReadOnlyList<MinuteRows>> Minutes(UtcHour hour, CancellationToken cancellation) =>
        await session.All(
            $"""
            select minute, seconds from inference_minutes
            where deployment = {deployment} and series = {key} and minute >= {hour.Number * 60} and minute < {(hour.Number + 1) * 60}
            """,
            row => new MinuteRows(new(row.GetInt64(0)), SecondCounts.Read(row.GetFieldValue<byte[]>(1))));

    public async ValueTask<long> CountRows(LogRange range, CancellationToken cancellation) =>
        await session.Number($"select count(*) from inference_rows where {LogSelection.In(deployment, range)}{matches}") ?? 0;
}
