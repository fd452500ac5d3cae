using System.Collections.Immutable;
using MlOps.Deployments;
using MlOps.Sql;

namespace MlOps.InferenceLogs;

/// <summary>Pages of the log, and how many rows their filters match.</summary>
internal static class LogPages
{
    public static async Task<Page<LogItem>> Read(
        ILogDatabase database, SqlSession session, DeploymentId id, LogFilter filter, LogOrder order, PageRequest page, CancellationToken cancellation)
    {
        if (filter.Range.IsEmpty || await LogDeployments.Find(session, id) is not { } found || LogSelection.Of(found.Deployment, filter) is not { } selection)
        {
            return new([], 0, page.Limit, page.Offset);
        }

        await database.WalkInOrder(session);
        if (selection.Series is not { } series)
        {
            var (matching, rows) = (await new LogCounts(session, found.Number, LogSeries.All, selection.Matches).CountRows(filter.Range, cancellation), new LogScan(filter.Range, order, page.Offset));
            return new(page.Offset < matching ? await Scan(session, found, selection, rows, page.Limit) : [], matching, page.Limit, page.Offset);
        }

        var plan = await LogPlan.Make(new LogCounts(session, found.Number, series, selection.Matches), filter.Range, order, page.Offset, cancellation);
        return new(plan.Scan is { } scan ? await Walk(session, found, selection, scan, page.Limit, plan.Total - page.Offset) : [], plan.Total, page.Limit, page.Offset);
    }

    // Most pages end where they begin, and a day is one partition or two: the database need not look at all of a month to plan for it. What the day lacks is read from the rest.
    private static async Task<ImmutableArray<LogItem>> Walk(
        SqlSession session, LogDeployments.Numbered found, LogSelection selection, LogScan scan, int limit, long left)
    {
        var (day, rest) = scan.Order == LogOrder.NewestFirst
            ? (scan.Range with { From = Math.Max(scan.Range.From, scan.Range.To - TimeSpan.MillisecondsPerDay) }, scan.Range with { To = scan.Range.To - TimeSpan.MillisecondsPerDay })
            : (scan.Range with { To = Math.Min(scan.Range.To, scan.Range.From + TimeSpan.MillisecondsPerDay) }, scan.Range with { From = scan.Range.From + TimeSpan.MillisecondsPerDay });
        var items = await Scan(session, found, selection, scan with { Range = day }, limit);
        return items.Length >= Math.Min(limit, left) || rest.IsEmpty
            ? items
            : [.. items, .. await Scan(session, found, selection, new(rest, scan.Order, 0), limit - items.Length)];
    }

    private static Task<ImmutableArray<LogItem>> Scan(SqlSession session, LogDeployments.Numbered found, LogSelection selection, LogScan scan, int limit) =>
        session.All(
            $"""
            select {LogRows.Columns} from inference_rows where {LogSelection.In(found.Number, scan.Range)}{selection.Matches}
            order by id {Statement.Direction(scan.Order == LogOrder.NewestFirst)} limit {limit} offset {scan.Skip}
            """,
            row => LogRows.Read(row, found.Deployment));
}
