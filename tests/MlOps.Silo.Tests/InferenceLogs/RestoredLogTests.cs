using MlOps.Tests.Postgres;
using Xunit;

namespace MlOps.Tests.InferenceLogs;

/// <summary>A database that has lost what it had committed is filled again from the journal, which keeps that for a while.</summary>
public sealed class RestoredLogTests : IDisposable
{
    private static readonly string[] Tables =
        ["inference_rows", "inference_hours", "inference_minutes", "metric_minutes", "drift_hours", "accuracy_minutes", "inference_feedback", "inference_rejects", "inference_deployments", "inference_journals"];

    private readonly string folder = Directory.CreateTempSubdirectory("mlops-restored-").FullName;
    private readonly ModelFixture fixture = new("flights_linear");
    private AnsweredRows rows = null!;

    private string Data => Path.Combine(folder, "data");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task RestoredFromBefore_EveryRowIsThereOnce()
    {
        await Serve();
        await Run(5);
        var database = await ChosenDatabase.Of(folder);
        await database.KeepLog(Data);
        await Run(7);
        await Run(3);

        await database.RestoreLog(Data);

        await AssertComplete();
    }

    /// <summary>As when another server takes over that had not heard of the last commits, some of them of the process before.</summary>
    [Fact]
    public async Task RestoredUnderARunningSilo_EveryRowIsThereOnce()
    {
        await Serve();
        await Run(5);
        await using (var silo = await StreamSilo.Start(folder))
        {
            await Send(silo, 4);
            await rows.Settle(silo.Client);
            await using (var log = await LogDatabase.Open(folder))
            {
                await log.Execute("begin;" + string.Concat(Tables.Select(table => $"delete from {table};")) + "commit");
            }

            await Send(silo, 4);
            await rows.Settle(silo.Client);
            Assert.Equal(0, silo.Journal.Lost);
        }

        await AssertComplete();
    }

    [Fact]
    public async Task RestoredFromBeforeTheOldestSegment_IsTold_AndTheRestIsThereOnce()
    {
        await Serve();
        await Run(5);
        var database = await ChosenDatabase.Of(folder);
        await database.KeepLog(Data);
        await Run(7);
        await Run(3);
        var (oldest, kept) = (JournalFiles.Segments(folder)[..^1], rows.Count);

        await database.RestoreLog(Data);
        Array.ForEach(oldest, File.Delete);

        await using var silo = await StreamSilo.Start(folder);
        Assert.Equal(1, silo.Journal.Lost);
        var check = await rows.Check(silo.Client);
        Assert.Equal(check.Logged.Count, check.Logged.Distinct().Count());
        Assert.Equal((check.Logged.Count, check.Logged.Count), ((int)check.DriftRows, (int)check.MetricRows));
        Assert.InRange(check.Missing.Count, 1, kept - 1);
    }

    private async Task Serve()
    {
        await using var silo = await StreamSilo.Start(folder);
        var (_, deployment) = await fixture.Serve(silo.Client, await ModelFixture.Project(silo.Client, "restored"), fixture.Metadata.ToJsonString());
        rows = new(deployment, fixture.Expected.GetProperty("inputs")[0].GetRawText());
    }

    // A process that answers some requests, and is gone when they are in the log.
    private async Task Run(int requests)
    {
        await using var silo = await StreamSilo.Start(folder);
        await Send(silo, requests);
        await rows.Settle(silo.Client);
    }

    private async Task Send(StreamSilo silo, int requests)
    {
        for (var request = 0; request < requests; request++)
        {
            Assert.True(await rows.Send(silo.Client, 1 + (request % 3)));
        }
    }

    private async Task AssertComplete()
    {
        await using var silo = await StreamSilo.Start(folder);
        var check = await rows.Check(silo.Client);
        Assert.Empty(check.Others);
        check.AssertExact([]);
        Assert.Equal((0, 0), (silo.Journal.Lost, silo.Journal.Damaged));
    }
}
