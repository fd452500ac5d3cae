using MlOps.Deployments;
using MlOps.Drift;
using MlOps.Projects;
using MlOps.Sql;

namespace MlOps.InferenceLogs;

internal sealed class InferenceStore(ILogDatabase database, TimeProvider time) : IInferenceStore
{
    // Stands in rows that are only tried for a deployment that the log does not know.
    private const int NoNumber = -1;

    public Task<JournalPosition?> Position(Guid journal, CancellationToken cancellation) =>
        database.Read(
            async session => (await session.All(
                $"select segment, at_byte from inference_journals where id = {journal}",
                row => (JournalPosition?)new JournalPosition(row.Number("segment"), row.Number("at_byte")))).FirstOrDefault(),
            cancellation);

    public async Task<bool> Commit(InferenceCommit commit, CancellationToken cancellation)
    {
        while (true)
        {
            var outcome = await database.Write(
                async session =>
                {
                    var outcome = await new LogCommit(database, commit, time.GetUtcNow()).Run(session);
                    if (outcome != LogCommitOutcome.Committed)
                    {
                        session.RollBack();
                    }

                    return outcome;
                },
                cancellation);
            if (outcome != LogCommitOutcome.NoPlace)
            {
                return outcome == LogCommitOutcome.Committed;
            }

            await database.MakePlace(commit.Rows, cancellation);
        }
    }

    public async Task<string?> Refusal(IReadOnlyList<LogRow> rows, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                var tried = await database.Write(
                    async session =>
                    {
                        session.RollBack();
                        if (!await database.HasPlace(session, rows))
                        {
                            return false;
                        }

                        await database.Insert(session, rows, await Numbers(session, rows));
                        return true;
                    },
                    cancellation);
                if (tried)
                {
                    return null;
                }
            }
            catch (RowsRefusedException refused)
            {
                return refused.Message;
            }

            await database.MakePlace(rows, cancellation);
        }
    }

    public Task<PredictionBins?> FirstAnswers(DeploymentId deployment, CancellationToken cancellation) =>
        database.Read(session => FrozenAnswers.Find(session, deployment), cancellation);

    public Task<IReadOnlyList<LoggedDeployment>> Deployments(ProjectId? project, CancellationToken cancellation)
    {
        var of = project is { } one ? (Statement)$"where project = {one}" : Statement.Empty;
        return database.Read<IReadOnlyList<LoggedDeployment>>(
            async session => await session.All($"select {LogDeployments.Columns} from inference_deployments {of} order by deployment", row => LogDeployments.Read(row).Deployment),
            cancellation);
    }

    public Task<bool> Forget(DeploymentId deployment, CancellationToken cancellation) => database.Write(session => LogForgetting.Step(database, session, deployment), cancellation);

    public async Task<bool> Retain(DateTimeOffset rows, DateTimeOffset windows, CancellationToken cancellation)
    {
        var (metrics, drift) = (UtcMinute.Of(windows).Number, UtcHour.Of(windows).Number);
        var gone = await database.DropRows(rows, cancellation);
        gone |= await database.Write(
            async session => await LogForgetting.Some(session, $"metric_minutes", $"deployment, minute, journal", $"minute < {metrics}")
                | await LogForgetting.Some(session, $"drift_hours", $"deployment, hour, journal", $"hour < {drift}")
                | await LogForgetting.Some(session, $"accuracy_minutes", $"deployment, kind, minute", $"minute < {metrics}")
                | await LogForgetting.Some(session, $"inference_rejects", $"id", $"rejected_us < {rows}"),
            cancellation);
        return gone;
    }

    private static async Task<RowNumbers> Numbers(SqlSession session, IReadOnlyList<LogRow> rows)
    {
        var numbers = new Dictionary<DeploymentId, int>();
        foreach (var deployment in rows.Select(row => row.Deployment).Distinct())
        {
            numbers[deployment] = (await LogDeployments.Find(session, deployment))?.Number ?? NoNumber;
        }

        return new(NoNumber, numbers);
    }
}
