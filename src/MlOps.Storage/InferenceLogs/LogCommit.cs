using MlOps.Deployments;
using MlOps.Sql;

namespace MlOps.InferenceLogs;

/// <summary>The transaction that takes a part of a journal.</summary>
internal sealed class LogCommit(ILogDatabase database, InferenceCommit commit, DateTimeOffset now)
{
    /// <summary>Answers what became of it; unless that is <see cref="LogCommitOutcome.Committed"/> nothing may stay.</summary>
    public async Task<LogCommitOutcome> Run(SqlSession session)
    {
        if (await Move(session) is not { } journal)
        {
            return LogCommitOutcome.Elsewhere;
        }

        if (!await database.HasPlace(session, commit.Rows))
        {
            return LogCommitOutcome.NoPlace;
        }

        var numbers = new RowNumbers(journal, await LogDeployments.Number(database, session, commit.Deployments));
        await database.Insert(session, commit.Rows, numbers);
        await Count(session, numbers);
        await FrozenAnswers.Freeze(session, commit.Awaiting, numbers);
        foreach (var reject in commit.Rejects)
        {
            await session.Execute(
                $"""
                insert into inference_rejects (id, deployment, journal, sequence, reason, rejected_us)
                values ({reject.Id}, {reject.Deployment}, {journal}, {reject.Sequence}, {Columns.Shown(reject.Reason)}, {now})
                on conflict (id) do nothing
                """);
        }

        return LogCommitOutcome.Committed;
    }

    // First of all, so that of two who commit the same part the second waits here, and then finds the journal elsewhere. Answers its number.
    private async Task<int?> Move(SqlSession session)
    {
        var found = await session.First(
            $"select number, segment, at_byte from inference_journals where id = {commit.Journal} {database.ForUpdate}",
            row => new Place((int)row.Number("number"), new(row.Number("segment"), row.Number("at_byte"))));
        if (found is null)
        {
            return commit.From != JournalPosition.Start
                ? null
                : (int?)await session.Number(
                    $"""
                    insert into inference_journals (id, segment, at_byte, updated_us) values ({commit.Journal}, {commit.To.Segment}, {commit.To.Offset}, {now})
                    on conflict (id) do nothing returning number
                    """);
        }

        if (found.Position != commit.From)
        {
            return null;
        }

        await session.Execute(
            $"update inference_journals set segment = {commit.To.Segment}, at_byte = {commit.To.Offset}, updated_us = {now} where number = {found.Number}");
        return found.Number;
    }

    // Rows of these tables are their journal's: nobody else reads and writes them again while this transaction holds it.
    private async Task Count(SqlSession session, RowNumbers numbers)
    {
        Statement Key(DeploymentId deployment, long at) => $"{numbers.Deployments[deployment]}, {at}, {numbers.Journal}";
        Statement SeriesKey(DeploymentId deployment, string series, long at) => $"{numbers.Deployments[deployment]}, {LogKeys.Series(series)}, {at}, {numbers.Journal}";

        await LogTotals.Add(
            database,
            session,
            commit.Counts.GroupBy(one => (one.Key.Deployment, one.Key.Series, one.Key.Minute.Hour), one => one.Value.Total)
                .Select(hour => (SeriesKey(hour.Key.Deployment, hour.Key.Series, hour.Key.Hour.Number), hour.Sum())));
        await LogTotals.Seconds.Merge(database, session, commit.Counts.Select(one => (SeriesKey(one.Key.Deployment, one.Key.Series, one.Key.Minute.Number), one.Value)));
        await LogTotals.Metrics.Merge(database, session, commit.Metrics.Select(one => (Key(one.Key.Deployment, one.Key.Minute.Number), one.Value)));
        await LogTotals.Drift.Merge(database, session, commit.Drift.Select(one => (Key(one.Key.Deployment, one.Key.Hour.Number), one.Value)));
    }

    private sealed record Place(int Number, JournalPosition Position);
}

internal enum LogCommitOutcome
{
    Committed,

    /// <summary>The journal is at another position.</summary>
    Elsewhere,

    /// <summary>The database has to make a place for the rows first.</summary>
    NoPlace,
}
