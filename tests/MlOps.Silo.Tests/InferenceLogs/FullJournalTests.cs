using System.Net;
using MlOps.Tests.Running;
using Xunit;

namespace MlOps.Tests.InferenceLogs;

/// <summary>A journal that is full because its database is away, and what its setting makes of that.</summary>
public sealed class FullJournalTests : IDisposable
{
    private const int BatchRows = 500;
    private const int Most = 1 << 20;

    private static readonly (string, string) Smallest = ("InferenceLogs:MaxJournalBytes", $"{Most}");

    private readonly string folder = Directory.CreateTempSubdirectory("mlops-full-").FullName;
    private readonly ModelFixture fixture = new("flights_linear");
    private bool away = true;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Reject_AnswersNothingUnrecorded_AndLosesNothing()
    {
        await using var silo = await Start(("InferenceLogs:WhenFull", "reject"));
        var (deployment, rows) = await Serve(silo);
        Assert.True(await rows.Send(silo.Client, BatchRows));
        for (var each = silo.Journal.WaitingBytes; silo.Journal.WaitingBytes + (2 * each) < Most;)
        {
            Assert.True(await rows.Send(silo.Client, BatchRows));
        }

        var refused = await silo.Client.Expect(HttpStatusCode.ServiceUnavailable, HttpMethod.Post, $"/api/mlops/deployments/{deployment}/predict", Batch());
        Assert.Equal("journal_full", refused.Text("code"));
        Assert.InRange(silo.Journal.WaitingBytes, Most / 2, Most);

        Volatile.Write(ref away, false);
        while (silo.Journal.WaitingBytes > 0)
        {
            await Pace.Next();
        }

        var check = await rows.Check(silo.Client);
        Assert.Empty(check.Others);
        check.AssertExact([]);
        Assert.InRange(rows.Count, 3 * BatchRows, int.MaxValue);
        Assert.Equal(0, silo.Recorder.Dropped);
    }

    [Fact]
    public async Task Drop_AnswersAll_AndCountsWhatIsLost()
    {
        await using var silo = await Start(("InferenceLogs:WhenFull", "drop"));
        var (_, rows) = await Serve(silo);
        while (silo.Recorder.Dropped < 3)
        {
            Assert.True(await rows.Send(silo.Client, BatchRows));
        }

        Volatile.Write(ref away, false);
        while (silo.Journal.WaitingBytes > 0)
        {
            await Pace.Next();
        }

        var check = await rows.Check(silo.Client);
        Assert.Empty(check.Others);
        Assert.Equal(3 * BatchRows, check.Missing.Count);
        Assert.Equal(3, silo.Recorder.Dropped);
        Assert.Equal((rows.Count - (3 * BatchRows), rows.Count - (3 * BatchRows)), (check.Logged.Distinct().Count(), (int)check.DriftRows));
    }

    private Task<StreamSilo> Start((string, string) whenFull) =>
        StreamSilo.Start(folder, store => new FaultyStore(store, commit => Volatile.Read(ref away) ? throw FaultyStore.Away : commit()), Smallest, whenFull);

    private async Task<(string Deployment, AnsweredRows Rows)> Serve(StreamSilo silo)
    {
        var (_, deployment) = await fixture.Serve(silo.Client, await ModelFixture.Project(silo.Client, "full"), fixture.Metadata.ToJsonString());
        return (deployment, new(deployment, fixture.Expected.GetProperty("inputs")[0].GetRawText()));
    }

    // More than is left.
    private string Batch() => $$"""{"inputs": [{{string.Join(',', Enumerable.Repeat(fixture.Expected.GetProperty("inputs")[0].GetRawText(), 10 * BatchRows))}}]}""";
}
