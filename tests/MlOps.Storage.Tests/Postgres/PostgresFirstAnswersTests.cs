using MlOps.InferenceLogs;
using MlOps.Tests.InferenceLogs;

namespace MlOps.Tests.Postgres;

/// <summary>Two journals that pass the number of first answers at the same time, neither seeing the other's rows.</summary>
public sealed class PostgresFirstAnswersTests : IDisposable
{
    private readonly CommittedLog log = PostgresDatabase.Log();
    private readonly LoggedDeployment deployment = CommittedLog.Deployment();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => log.Dispose();

    [Fact]
    public async Task Second_WaitsForTheFirst_AndCountsItsRows()
    {
        var (first, second) = (new TestJournal(1), new TestJournal(2));
        await log.Commit(first.Answers(deployment, 100));
        await log.Commit(second.Answers(deployment, 100));
        var (counted, commit) = (new TaskCompletionSource(), new TaskCompletionSource());

        var slow = log.Database.Write(
            async session =>
            {
                var outcome = await new LogCommit(log.Database, first.Answers(deployment, 500), log.Time.GetUtcNow()).Run(session);
                counted.SetResult();
                await commit.Task;
                return outcome;
            },
            Token);
        await counted.Task.WaitAsync(Token);
        var quick = log.Commit(second.Answers(deployment, 500));
        while (!quick.IsCompleted && await Waiting() == 0)
        {
            await Task.Delay(5, Token);
        }

        commit.SetResult();
        Assert.Equal(LogCommitOutcome.Committed, await slow);
        await quick;
        Assert.Equal(1_200, (await log.Store.FirstAnswers(deployment.Id, Token))?.Rows);
    }

    private async Task<long> Waiting() =>
        await log.Database.Read(session => session.Number($"select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"), Token) ?? 0;
}
