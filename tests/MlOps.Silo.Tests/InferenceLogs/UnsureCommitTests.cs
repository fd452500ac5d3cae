using MlOps.InferenceLogs;
using MlOps.Tests.Running;
using Xunit;

namespace MlOps.Tests.InferenceLogs;

/// <summary>Commits that fail, that happen and are told as failed, and that are sent twice at once.</summary>
public sealed class UnsureCommitTests : IDisposable
{
    private const int Commits = 25;
    private const int MostWaiting = 1 << 17;

    private readonly string folder = Directory.CreateTempSubdirectory("mlops-unsure-").FullName;
    private readonly ModelFixture fixture = new("flights_linear");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task CommitThatIsToldAsFailed_DoesNotWaitOnceItIsFound()
    {
        var done = 0;
        await using var silo = await StreamSilo.Start(folder, store => new FaultyStore(store, async commit =>
            await commit() && Interlocked.Increment(ref done) > 0 ? throw FaultyStore.Away : false));
        var (_, deployment) = await fixture.Serve(silo.Client, await ModelFixture.Project(silo.Client, "unsure"), fixture.Metadata.ToJsonString());
        Assert.True(await new AnsweredRows(deployment, fixture.Expected.GetProperty("inputs")[0].GetRawText()).Send(silo.Client, 10));

        while (silo.Journal.WaitingBytes > 0)
        {
            await Pace.Next();
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }

        Assert.Equal(1, Volatile.Read(ref done));
    }

    [Fact]
    public async Task WhateverBecomesOfCommits_EveryRowIsThereOnce()
    {
        var (random, done) = (new Random(12), 0);
        AnsweredRows? rows = null;
        for (var start = 0; start < 2; start++)
        {
            await using var silo = await StreamSilo.Start(folder, Faulty, ("InferenceLogs:CommitSeconds", "0.05"), ("InferenceLogs:CommitBytes", $"{1 << 18}"));
            if (rows is null)
            {
                var (_, deployment) = await fixture.Serve(silo.Client, await ModelFixture.Project(silo.Client, "unsure"), fixture.Metadata.ToJsonString());
                rows = new(deployment, fixture.Expected.GetProperty("inputs")[0].GetRawText());
            }

            // No faster than a store that fails most of the time takes.
            for (var until = Volatile.Read(ref done) + Commits; Volatile.Read(ref done) < until;)
            {
                Assert.True(await rows.Send(silo.Client, 10));
                while (silo.Journal.WaitingBytes > MostWaiting && Volatile.Read(ref done) < until)
                {
                    await Pace.Next();
                }
            }
        }

        await using var last = await StreamSilo.Start(folder);
        var check = await rows!.Check(last.Client);
        Assert.Empty(check.Others);
        check.AssertExact([]);
        Assert.Equal((0, 0), (last.Journal.Lost, last.Journal.Damaged));
        await using var log = await LogDatabase.Open(folder);
        Assert.Equal(0, await log.Number("select count(*) from inference_rejects"));

        IInferenceStore Faulty(IInferenceStore store) => new FaultyStore(store, async commit =>
        {
            Interlocked.Increment(ref done);
            switch (random.Next(5))
            {
                case 0:
                    throw FaultyStore.Away;
                case 1:
                    await commit();
                    throw FaultyStore.Away;
                case 2:
                    return (await Task.WhenAll(commit(), commit()))[0];
                default:
                    return await commit();
            }
        });
    }
}
