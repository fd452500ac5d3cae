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
        return new(plan.Scan is { } scan ? await Scan(session, found, selection, scan, page.Limit) : [], plan.Total, page.Limit, page.Offset);
    }

    private static Task<ImmutableArray<LogItem>> Scan(SqlSession session, LogDeployments.Numbered found, LogSelection selection, LogScan scan, int limit) =>
        session.All(
            $"""
            select {LogRows.Columns} from inference_rows where {LogSelection.In(found.Number, scan.Range)}{selection.Matches}
            order by id {Statement.Direction(scan.Order == LogOrder.NewestFirst)} limit {limit} offset {scan.Skip}
            """,
            row => LogRows.Read(row, found.Deployment));
}
