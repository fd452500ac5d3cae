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
        database.Read(session => FirstAnswers(session, deployment), cancellation);

    public Task<PredictionBins> Freeze(DeploymentId deployment, PredictionBins firstAnswers, CancellationToken cancellation) =>
        database.Write(
            async session =>
            {
                // Of two at once the second waits for the first, and then finds the condition gone.
                var kept = await session.Execute(
                    $"update inference_deployments set first_answers = {ExactJson.Write(firstAnswers)} where deployment = {deployment} and first_answers is null");
                return kept == 1
                    ? firstAnswers
                    : await FirstAnswers(session, deployment)
                        ?? throw new MlOpsException(ErrorCode.Busy, $"The log does not know deployment {deployment}: nothing of it has been committed, or it has been forgotten.");
            },
            cancellation);

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

    private static async Task<PredictionBins?> FirstAnswers(SqlSession session, DeploymentId deployment) =>
        await session.First(
            $"select first_answers from inference_deployments where deployment = {deployment} and first_answers is not null", row => row.Text("first_answers")) is { } json
            ? ExactJson.Read<PredictionBins>(json)
            : null;

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
