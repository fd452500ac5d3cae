using CsCheck;
using MlOps.InferenceLogs;

namespace MlOps.Tests.InferenceLogs;

/// <summary>Tails while journals commit, against what they have committed.</summary>
public abstract class LogTailCompliance : IDisposable
{
    private readonly CommittedLog log;

    protected LogTailCompliance() => log = Open();

    private protected abstract CommittedLog Open();

    private static CancellationToken Token => CommittedLog.Token;

    public void Dispose()
    {
        log.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Tail_WhileTwoJournalsCommit_SeesEveryRowOnceAndInItsJournalsOrder()
    {
        var step = Gen.Frequency((2, Gen.Const(0)), (1, Gen.Const(1)), (3, Gen.Const(2)));
        var runs = Gen.Select(step.Array[1, 25], Gen.Int[1, 9], Gen.Int[0, 2], Gen.Int);
        await runs.SampleAsync(
            async run =>
            {
                var (steps, limit, filtered, seed) = run;
                var (deployment, other) = (CommittedLog.Deployment(), CommittedLog.Deployment());
                TestJournal[] journals = [new(seed), new(seed + 1)];
                var filter = new LogFilter(LogRange.All, StatusCode: filtered == 1 ? 422 : null, Label: filtered == 2 ? "yes" : null);
                var committed = new List<LogRow>[] { [], [] };
                var seen = new List<LogRow>();
                var cursor = LogCursor.Start;
                foreach (var what in steps)
                {
                    if (what < 2)
                    {
                        var journal = journals[what];
                        var rows = Enumerable.Range(0, journal.Random.Next(0, 12)).Select(_ => Any(journal, journal.Random.Next(3) == 0 ? other : deployment)).ToList();
                        await log.Commit(journal.Commit([deployment, other], rows));
                        committed[what].AddRange(rows.Where(row => row.Deployment == deployment.Id && Wanted(row)));
                    }
                    else
                    {
                        await Read();
                    }
                }

                while (await Read() > 0)
                {
                }

                Assert.Equal(committed[0].Count + committed[1].Count, seen.Count);
                foreach (var rows in committed)
                {
                    var own = rows.Select(row => row.Id).ToHashSet();
                    Assert.Equal(rows.Select(row => row.Id), seen.Where(row => own.Contains(row.Id)).Select(row => row.Id));
                }

                async Task<int> Read()
                {
                    var tail = await log.Reader.Tail(deployment.Id, filter, cursor, limit, Token);
                    Assert.InRange(tail.Items.Count, 0, limit);
                    seen.AddRange(tail.Items.Select(item => item.Row));
                    cursor = tail.Next;
                    return tail.Items.Count;
                }

                bool Wanted(LogRow row) => (filter.StatusCode is not { } status || row.StatusCode == status) && (filter.Label is not { } label || row.Label == label);
            },
            iter: 10,
            threads: 1);
    }

    [Fact]
    public async Task Tail_OfARareStatus_PassesOverTheRestInBoundedSteps()
    {
        var (deployment, journal) = (CommittedLog.Deployment(), new TestJournal());
        await log.Commit(journal.Commit(deployment, Enumerable.Range(0, 24_000).Select(_ => journal.Row(deployment)).ToList()));
        var wanted = journal.Row(deployment, change: row => row with { StatusCode = 500, Label = null });
        await log.Commit(journal.Commit(deployment, wanted));

        var (steps, cursor, found) = (0, LogCursor.Start, new List<LogItem>());
        while (found.Count == 0)
        {
            var tail = await log.Reader.Tail(deployment.Id, new(LogRange.All, 500), cursor, 10, Token);
            Assert.NotEqual(cursor.Read.GetValueOrDefault(journal.Id), tail.Next.Read[journal.Id]);
            (cursor, steps) = (tail.Next, steps + 1);
            found.AddRange(tail.Items);
        }

        Assert.Equal((wanted.Id, 3), (found.Single().Row.Id, steps));
    }

    [Fact]
    public async Task Tail_WithoutRows_GoesOnFromWhereItIs()
    {
        var cursor = new LogCursor(new Dictionary<Guid, long> { [Guid.CreateVersion7()] = 5 });

        var tail = await log.Reader.Tail(CommittedLog.Deployment().Id, new(LogRange.All), cursor, 10, Token);

        Assert.Empty(tail.Items);
        Assert.Equal(cursor.Read, tail.Next.Read);
    }

    private static LogRow Any(TestJournal journal, LoggedDeployment deployment)
    {
        var refused = journal.Random.Next(4) == 0;
        return journal.Row(deployment, Samples.Now.AddMilliseconds(journal.Random.Next(100_000)), row => row with
        {
            StatusCode = refused ? 422 : 200,
            Label = refused ? null : journal.Random.Next(2) == 0 ? "yes" : "no",
        });
    }
}
