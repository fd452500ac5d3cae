using MlOps.Deployments;
using MlOps.Drift;
using MlOps.Metrics;
using MlOps.Sql;

namespace MlOps.InferenceLogs;

internal sealed class InferenceReader(ILogDatabase database) : IInferenceReader
{
    public Task<LoggedDeployment?> Deployment(DeploymentId deployment, CancellationToken cancellation) =>
        database.Read(async session => (await LogDeployments.Find(session, deployment))?.Deployment, cancellation);

    public Task<Page<LogItem>> Page(DeploymentId deployment, LogFilter filter, LogOrder order, PageRequest page, CancellationToken cancellation) =>
        database.Read(session => LogPages.Read(database, session, deployment, filter, order, page, cancellation), cancellation);

    public Task<LogItem?> Find(DeploymentId deployment, Guid id, CancellationToken cancellation) =>
        database.Read(
            async session => await LogDeployments.Find(session, deployment) is { } known
                ? await session.First(
                    $"select {LogRows.Columns} from inference_rows where deployment = {known.Number} and id = {id}", row => LogRows.Read(row, known.Deployment))
                : null,
            cancellation);

    public Task<LogTail> Tail(DeploymentId deployment, LogFilter filter, LogCursor after, int limit, CancellationToken cancellation) =>
        database.Read(session => LogTails.Read(database, session, deployment, filter, after, limit), cancellation);

    public Task<IReadOnlyDictionary<Guid, JournalPosition>> Positions(CancellationToken cancellation) =>
        database.Read<IReadOnlyDictionary<Guid, JournalPosition>>(
            async session => (await session.All(
                $"select id, segment, at_byte from inference_journals",
                row => KeyValuePair.Create(row.LogId("id"), new JournalPosition(row.Number("segment"), row.Number("at_byte"))))).ToDictionary(),
            cancellation);

    public Task<IReadOnlyList<JournalWindow>> Drift(DeploymentId deployment, UtcHour since, UtcHour until, CancellationToken cancellation) =>
        All(
            deployment,
            number => $"""
                select j.id as id, w.hour as hour, w.counts as counts from drift_hours w join inference_journals j on j.number = w.journal
                where w.deployment = {number} and w.hour >= {since.Number} and w.hour < {until.Number} order by w.hour desc, w.journal
                """,
            row => new JournalWindow(row.LogId("id"), new(row.Number("hour")), WindowCounts.Read(row.Bytes("counts"))),
            cancellation);

    public Task<IReadOnlyList<KeyValuePair<UtcMinute, MinuteWindow>>> Metrics(DeploymentId deployment, UtcMinute since, UtcMinute until, CancellationToken cancellation) =>
        All(
            deployment,
            number => $"select minute, counts from metric_minutes where deployment = {number} and minute >= {since.Number} and minute < {until.Number} order by minute, journal",
            row => KeyValuePair.Create(new UtcMinute(row.Number("minute")), MinuteWindow.Read(row.Bytes("counts"))),
            cancellation);

    public Task<IReadOnlyList<KeyValuePair<UtcMinute, AccuracyCounts>>> Accuracy(DeploymentId deployment, UtcMinute since, UtcMinute until, CancellationToken cancellation) =>
        All(
            deployment,
            number => $"""
                select minute, counts from accuracy_minutes
                where deployment = {number} and kind = 'answered' and minute >= {since.Number} and minute < {until.Number} order by minute
                """,
            row => KeyValuePair.Create(new UtcMinute(row.Number("minute")), AccuracyCounts.Read(row.Bytes("counts"))),
            cancellation);

    public Task<IReadOnlyList<BinnedRow>> Bins(DeploymentId deployment, LogRange range, Guid? after, int limit, CancellationToken cancellation)
    {
        if (range.IsEmpty)
        {
            return Task.FromResult<IReadOnlyList<BinnedRow>>([]);
        }

        var rest = after is { } last ? (Statement)$"and id > {last}" : Statement.Empty;
        return All(
            deployment,
            number => $"select id, bins, label, value from inference_rows where {LogSelection.In(number, range)} and status = 200 {rest} order by id limit {limit}",
            row => new BinnedRow(row.LogId("id"), row.Bytes("bins"), row.TextOrNull("label"), row.RealOrNull("value")),
            cancellation,
            ofAJob: true);
    }

    // Nothing, where the log does not know the deployment.
    private Task<IReadOnlyList<T>> All<T>(
        DeploymentId deployment, Func<int, Statement> select, Func<System.Data.Common.DbDataReader, T> read, CancellationToken cancellation, bool ofAJob = false) =>
        database.Read<IReadOnlyList<T>>(
            async session =>
            {
                if (ofAJob)
                {
                    await session.TakeTime();
                }

                return await LogDeployments.Find(session, deployment) is { } known ? await session.All(select(known.Number), read) : [];
            },
            cancellation);
}
