using MlOps.Tests.Running;
using Xunit;

namespace MlOps.Tests.InferenceLogs;

/// <summary>A journal whose files are found torn, damaged or gone: what is whole comes into the log, and the rest is told.</summary>
public sealed class DamagedJournalTests : IDisposable
{
    private const int Frames = 6;
    private const int RowsEach = 3;

    private readonly string folder = Directory.CreateTempSubdirectory("mlops-damaged-").FullName;
    private readonly ModelFixture fixture = new("flights_linear");
    private AnsweredRows rows = null!;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(Frames - 1)]
    public async Task DamagedFrame_IsPassedOverToldAndKeptAside(int frame)
    {
        await LeaveFrames();
        var (path, frames) = JournalFiles.Written(folder);
        var (start, end) = frames[frame];
        JournalFiles.Flip(path, (start + end) / 2);
        var damaged = (await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken))[start..end];

        await using (var silo = await StreamSilo.Start(folder))
        {
            var check = await rows.Check(silo.Client);

            Assert.Equal((RowsEach, (Frames * RowsEach) + 1 - RowsEach), (check.Missing.Count, check.Logged.Distinct().Count()));
            Assert.Equal((check.Logged.Count, check.Logged.Count), ((int)check.DriftRows, (int)check.MetricRows));
            Assert.Equal((1, 0), (silo.Journal.Damaged, silo.Journal.Lost));
            var copy = Assert.Single(Directory.EnumerateFiles(Path.Combine(JournalFiles.Folder(folder), "damaged")));
            Assert.Equal(damaged, await File.ReadAllBytesAsync(copy, TestContext.Current.CancellationToken));
        }

        await using var again = await StreamSilo.Start(folder);
        await rows.Settle(again.Client);
        Assert.Equal(0, again.Journal.Damaged);
    }

    [Fact]
    public async Task TornLastFrame_IsPassedOverWithoutAlarm()
    {
        await LeaveFrames();
        var (path, frames) = JournalFiles.Written(folder);
        JournalFiles.CutOff(path, frames[^1].End - 5);

        await using var silo = await StreamSilo.Start(folder);
        var check = await rows.Check(silo.Client);

        Assert.Equal((RowsEach, (Frames * RowsEach) + 1 - RowsEach), (check.Missing.Count, check.Logged.Distinct().Count()));
        Assert.Equal((0, 0), (silo.Journal.Damaged, silo.Journal.Lost));
    }

    /// <summary>What is not whole does not wait for the database: a folder with nothing else is drained.</summary>
    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RestWithoutWholeFrames_DoesNotWait(bool damaged)
    {
        await LeaveFrames();
        var (path, frames) = JournalFiles.Written(folder);
        if (damaged)
        {
            JournalFiles.CutOff(path, frames[1].Start);
            JournalFiles.Flip(path, frames[0].End - 1);
        }
        else
        {
            JournalFiles.CutOff(path, frames[0].End - 1);
        }

        for (var start = 0; start < 2; start++)
        {
            await using var silo = await StreamSilo.Start(folder);

            // A damage is told just after it is passed.
            var expected = damaged && start == 0 ? 1 : 0;
            while (silo.Journal.WaitingBytes > 0 || silo.Journal.Damaged < expected)
            {
                await Pace.Next();
                TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            }

            Assert.Equal(expected, silo.Journal.Damaged);
        }
    }

    /// <summary>A machine that lost what was not on its disk yet: the database has more.</summary>
    /// <param name="all">Whole segments are gone; else the end of one.</param>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task DatabaseAhead_IsTold_AndNothingIsLostOrTwice(bool all)
    {
        await using (var silo = await StreamSilo.Start(folder))
        {
            await Serve(silo);
            await Send(silo, Frames);
            await rows.Settle(silo.Client);
        }

        var (path, frames) = JournalFiles.Written(folder);
        foreach (var segment in all ? JournalFiles.Segments(folder) : JournalFiles.Segments(folder).Where(segment => string.CompareOrdinal(segment, path) > 0))
        {
            File.Delete(segment);
        }

        if (!all)
        {
            JournalFiles.CutOff(path, frames[2].Start + 7);
        }

        await using (var silo = await StreamSilo.Start(folder))
        {
            Assert.Equal(1, silo.Journal.Lost);
            await Send(silo, Frames);
            await rows.Settle(silo.Client);
        }

        await using var last = await StreamSilo.Start(folder);
        var check = await rows.Check(last.Client);
        Assert.Empty(check.Others);
        check.AssertExact([]);
        Assert.Equal((0, 0), (last.Journal.Lost, last.Journal.Damaged));
    }

    // As a process leaves them that was killed while its database was away.
    private async Task LeaveFrames()
    {
        await using (var first = await StreamSilo.Start(folder))
        {
            await Serve(first);
        }

        await using var silo = await StreamSilo.Start(folder, store => new FaultyStore(store, _ => throw FaultyStore.Away));
        await Send(silo, Frames);
    }

    private async Task Serve(StreamSilo silo)
    {
        var (_, deployment) = await fixture.Serve(silo.Client, await ModelFixture.Project(silo.Client, "damaged"), fixture.Metadata.ToJsonString());
        rows = new(deployment, fixture.Expected.GetProperty("inputs")[0].GetRawText());
    }

    private async Task Send(StreamSilo silo, int requests)
    {
        for (var request = 0; request < requests; request++)
        {
            Assert.True(await rows.Send(silo.Client, RowsEach));
        }
    }
}
