using System.Text;
using MlOps.Deployments;
using MlOps.Drift;
using MlOps.InferenceLogs;
using MlOps.Metrics;
using MlOps.Models;
using MlOps.Predictions;
using MlOps.Projects;

namespace MlOps.Tests.InferenceLogs;

/// <summary>What every store of the inference log does with commits.</summary>
public abstract class LogCommitCompliance : IDisposable
{
    private readonly CommittedLog log;
    private readonly LoggedDeployment deployment = CommittedLog.Deployment();
    private readonly TestJournal journal = new();

    protected LogCommitCompliance() => log = Open();

    private protected abstract CommittedLog Open();

    private static CancellationToken Token => CommittedLog.Token;

    public void Dispose()
    {
        log.Dispose();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData("""{"a":"\u0000"}""")]
    [InlineData("""{"a":"\ud800"}""")]
    [InlineData("""{"a":1e200000,"a":2}""")]
    [InlineData("{\"a\": \"\ud83d\ude00 \\\\u0000\" }")]
    [InlineData("")]
    [InlineData(null)]
    public async Task Commit_Row_IsReadBackByteForByte(string? inputs)
    {
        var row = journal.Row(deployment, change: row => row with
        {
            Request = Guid.CreateVersion7(),
            Route = RouteReason.CanaryUnavailable,
            LatencyMicroseconds = long.MaxValue / 3,
            Sequence = (5L << 40) + 1,
            ExternalId = "Ä \ud83d\ude00 '\" \u0001 \uffff",
            Label = "c\u0301 and ć",
            Value = -0.1,
            Probabilities = "{\"yes\":0.25,\"n\\u0000\":0.75}"u8.ToArray(),
            Bins = new byte[] { 0, 255, 128, 7 },
            Inputs = inputs is null ? default(ReadOnlyMemory<byte>?) : Encoding.UTF8.GetBytes(inputs),
            InputsTruncated = true,
            Withheld = true,
        });

        await log.Commit(journal.Commit(deployment, row));

        AssertSame(row, (await log.Reader.Find(deployment.Id, row.Id, Token))!.Row);
        AssertSame(row, Assert.Single(await log.Rows(deployment.Id)).Row);
    }

    [Theory]
    [InlineData(RouteReason.Direct)]
    [InlineData(RouteReason.Production)]
    [InlineData(RouteReason.Canary)]
    public async Task Commit_RefusedRequest_IsReadBack(RouteReason route)
    {
        var row = journal.Row(deployment, change: row => row with
        {
            StatusCode = 422,
            Route = route,
            Label = null,
            Bins = default,
            Refusal = new("invalid_inputs", "'amount' is \u20ac 1.", route == RouteReason.Direct ? null : 17),
        });

        await log.Commit(journal.Commit(deployment, row));

        AssertSame(row, Assert.Single(await log.Rows(deployment.Id)).Row);
    }

    [Fact]
    public async Task Commit_EmptyTexts_AreNotMissingOnes()
    {
        var labelled = journal.Row(deployment, change: row => row with { Label = "" });
        var refused = journal.Row(deployment, change: row => row with { StatusCode = 422, Label = null, Refusal = new("", "", null) });

        await log.Commit(journal.Commit(deployment, labelled, refused));

        AssertSame(labelled, (await log.Reader.Find(deployment.Id, labelled.Id, Token))!.Row);
        AssertSame(refused, (await log.Reader.Find(deployment.Id, refused.Id, Token))!.Row);
    }

    [Fact]
    public async Task Commit_RefusalThatQuotesWhatNoDatabaseHolds_ShowsIt()
    {
        await log.Commit(journal.Commit(deployment, journal.Row(deployment, change: row => row with { StatusCode = 422, Refusal = new("x", "a\0b\ud800c", null) })));

        Assert.Equal("a\u2400b\ufffdc", Assert.Single(await log.Rows(deployment.Id)).Row.Refusal!.Detail);
    }

    [Fact]
    public async Task Position_MovesWithEachCommit_AndIsNullBefore()
    {
        Assert.Null(await log.Store.Position(journal.Id, Token));

        await log.Commit(journal.Commit(deployment, journal.Row(deployment)));
        await log.Commit(journal.Commit(deployment));

        Assert.Equal(journal.Position, await log.Store.Position(journal.Id, Token));
        Assert.Equal(journal.Position, (await log.Reader.Positions(Token))[journal.Id]);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 99)]
    [InlineData(2, 0)]
    public async Task Commit_FromAnotherPosition_ChangesNothing(long segment, long offset)
    {
        await log.Commit(journal.Commit(deployment, journal.Row(deployment)));
        var other = CommittedLog.Deployment();

        Assert.False(await log.Store.Commit(journal.Of(new(segment, offset), new(9, 9), [deployment, other], [journal.Row(deployment), journal.Row(other)]), Token));

        Assert.Equal(journal.Position, await log.Store.Position(journal.Id, Token));
        Assert.Single(await log.Rows(deployment.Id));
        Assert.Null(await log.Reader.Deployment(other.Id, Token));
    }

    [Fact]
    public async Task Commit_OfUnknownJournalFromWithin_ChangesNothing()
    {
        Assert.False(await log.Store.Commit(journal.Of(new(1, 1), new(1, 2), [deployment], [journal.Row(deployment)]), Token));

        Assert.Null(await log.Store.Position(journal.Id, Token));
        Assert.Empty(await log.Rows(deployment.Id));
    }

    [Fact]
    public async Task Commit_OfOnePartAtOnce_HappensOnce()
    {
        var commit = journal.Commit(deployment, journal.Row(deployment));

        var done = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => log.Store.Commit(commit, Token)));

        Assert.Single(done, one => one);
        Assert.Single(await log.Rows(deployment.Id));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Commit_LeftInFlightByAKilledClient_IsNotRepeatedByItsSuccessor(bool commits)
    {
        await log.Commit(journal.Commit(deployment, journal.Row(deployment)));
        var position = await log.Store.Position(journal.Id, Token);
        var batch = journal.Commit(deployment, journal.Row(deployment));
        var (inFlight, end) = (new TaskCompletionSource(), new TaskCompletionSource());
        var killed = log.Database.Write(
            async session =>
            {
                var outcome = await new LogCommit(log.Database, batch, Samples.Now).Run(session);
                inFlight.SetResult();
                await end.Task;
                if (!commits)
                {
                    session.RollBack();
                }

                return outcome;
            },
            Token);
        await inFlight.Task;

        // What it knows from before, or from now: until the other has ended both are the same.
        Assert.Equal(position, await log.Store.Position(journal.Id, Token));
        var successor = log.Store.Commit(batch, Token);
        end.SetResult();

        Assert.Equal(LogCommitOutcome.Committed, await killed);
        Assert.Equal(!commits, await successor);
        Assert.Equal(batch.To, await log.Store.Position(journal.Id, Token));
        Assert.Equal(2, (await log.Rows(deployment.Id)).Count);
        Assert.Equal(2, (await log.Reader.Metrics(deployment.Id, new(0), new(long.MaxValue / 2), Token)).Sum(minute => minute.Value.Requests));
    }

    [Fact]
    public async Task Commit_RowThatIsThere_IsRefusedAndChangesNothing()
    {
        var row = journal.Row(deployment);
        await log.Commit(journal.Commit(deployment, row));
        var position = journal.Position;

        await Assert.ThrowsAsync<RowsRefusedException>(() => log.Store.Commit(journal.Commit(deployment, journal.Row(deployment), row with { Sequence = 99 }), Token));

        Assert.Equal(position, await log.Store.Position(journal.Id, Token));
        Assert.Single(await log.Rows(deployment.Id));
        Assert.Equal(1, (await log.Reader.Metrics(deployment.Id, new(0), new(long.MaxValue / 2), Token)).Sum(minute => minute.Value.Requests));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0xd800)]
    [InlineData(0xdc00)]
    public async Task Commit_TextThatNoDatabaseKeeps_IsRefused(int unit)
    {
        var text = $"a{(char)unit}b";
        await Assert.ThrowsAsync<RowsRefusedException>(() => log.Store.Commit(journal.Commit(deployment, journal.Row(deployment, change: row => row with { ExternalId = text })), Token));
        Assert.NotNull(await log.Store.Refusal([journal.Row(deployment, change: row => row with { Label = text })], Token));
    }

    [Fact]
    public async Task Commit_RowUnderAConstraintOfTheOwner_IsRefusedUntilItIsKeptAside()
    {
        await log.Commit(journal.Commit(deployment, journal.Row(deployment)));
        await log.Forbid13();
        var culprit = journal.Row(deployment, change: row => row with { ExternalId = "13" });
        LogRow[] rows = [journal.Row(deployment), culprit, journal.Row(deployment, change: row => row with { ExternalId = "14" })];
        var from = journal.Position;

        await Assert.ThrowsAsync<RowsRefusedException>(() => log.Store.Commit(journal.Commit(deployment, rows), Token));

        Assert.NotNull(await log.Store.Refusal(rows, Token));
        Assert.Null(await log.Store.Refusal([rows[0], rows[2]], Token));
        var reason = await log.Store.Refusal([culprit], Token);
        Assert.NotNull(reason);
        Assert.Single(await log.Rows(deployment.Id));
        var rest = journal.Of(from, journal.Position, [deployment], [rows[0], rows[2]]) with { Rejects = [new(culprit.Id, deployment.Id, culprit.Sequence, reason)] };
        await log.Commit(rest);
        Assert.Equal(3, (await log.Rows(deployment.Id)).Count);
        Assert.Equal(1, await log.Count($"inference_rejects where id = {culprit.Id} and reason = {reason} and sequence = {culprit.Sequence}"));
    }

    [Fact]
    public async Task Refusal_OfRows_LeavesNothing()
    {
        Assert.Null(await log.Store.Refusal([journal.Row(deployment)], Token));

        Assert.Null(await log.Reader.Deployment(deployment.Id, Token));
        Assert.Equal(0, await log.Count($"inference_rows"));
    }

    [Fact]
    public async Task Commit_LongNames_AreRowsAndSeriesLikeAnyOther()
    {
        var random = new Random(5);
        var label = string.Concat(Enumerable.Range(0, 9_000).Select(_ => (char)random.Next('a', 'z')));
        await log.Commit(journal.Commit(deployment, journal.Row(deployment, change: row => row with { Label = label }), journal.Row(deployment)));

        var page = await log.Reader.Page(deployment.Id, new(LogRange.All, Label: label), LogOrder.NewestFirst, new(10, 0), Token);

        Assert.Equal((1L, label), (page.Total, page.Items.Single().Row.Label));
    }

    [Fact]
    public async Task Commit_ManyRows_AreAllThere()
    {
        var rows = Enumerable.Range(0, 12_000).Select(at => journal.Row(deployment, Samples.Now.AddMilliseconds(at), row => row with { Inputs = new byte[at % 700] })).ToList();

        await log.Commit(journal.Commit(deployment, rows));

        Assert.Equal(12_000, await log.Count($"inference_rows"));
        Assert.Equal(rows[0].Id, (await log.Reader.Page(deployment.Id, new(LogRange.All), LogOrder.OldestFirst, new(1, 0), Token)).Items[0].Row.Id);
        Assert.Equal(rows[^1].Id, (await log.Reader.Page(deployment.Id, new(LogRange.All), LogOrder.NewestFirst, new(1, 0), Token)).Items[0].Row.Id);
    }

    [Fact]
    public async Task Windows_OfCommitsAndJournals_AddUp()
    {
        var others = new TestJournal(2);
        var (minute, hour) = (UtcMinute.Of(Samples.Now), UtcHour.Of(Samples.Now));
        var counter = new WindowCounter(Samples.Signature, null, null);
        foreach (var (from, classes) in new[] { (journal, new[] { 0, 1 }), (others, [1]), (journal, [1, 1, 1]) })
        {
            var window = counter.Empty();
            counter.Add(window, [], classes);
            var requests = new MinuteWindow();
            requests.AddAnswered(classes.Length, 700);
            requests.AddRefused(429, 2);
            await log.Commit(from.Commit(deployment) with
            {
                Drift = new Dictionary<DeploymentHour, WindowCounts> { [new(deployment.Id, hour)] = window, [new(deployment.Id, hour.Plus(-1))] = window },
                Metrics = new Dictionary<DeploymentMinute, MinuteWindow> { [new(deployment.Id, minute)] = requests },
            });
        }

        var drift = await log.Reader.Drift(deployment.Id, hour.Plus(-1), hour.Plus(1), Token);
        Assert.Equal([hour, hour, hour.Plus(-1), hour.Plus(-1)], drift.Select(window => window.Hour));
        Assert.Equal(5, Assert.Single(drift, window => window.Journal == journal.Id && window.Hour == hour).Counts.Rows);
        Assert.Equal([1, 4], Assert.Single(drift, window => window.Journal == journal.Id && window.Hour == hour).Counts.Predictions.Classes.ToArray());
        Assert.Equal(1, Assert.Single(drift, window => window.Journal == others.Id && window.Hour == hour).Counts.Rows);
        Assert.All(await log.Reader.Drift(deployment.Id, hour, hour.Plus(1), Token), window => Assert.Equal(hour, window.Hour));
        var all = new MinuteWindow();
        foreach (var (at, window) in await log.Reader.Metrics(deployment.Id, minute, minute.Plus(1), Token))
        {
            Assert.Equal(minute, at);
            all.Add(window);
        }

        Assert.Equal((9L, 6L, 6L), (all.Requests, all.Rows, all.ByStatus[429]));
        Assert.Empty(await log.Reader.Metrics(deployment.Id, minute.Plus(1), minute.Plus(2), Token));
    }

    [Fact]
    public async Task FirstAnswers_AreFrozenByTheCommitThatPassesTheirNumber_AndNoOther()
    {
        await log.Commit(Answers(journal, 999));
        Assert.Null(await log.Store.FirstAnswers(deployment.Id, Token));

        await log.Commit(Answers(journal, 20));
        var frozen = await log.Store.FirstAnswers(deployment.Id, Token);
        await log.Commit(Answers(journal, 5_000));

        Assert.Equal((FirstAnswers.Source, 1_019L), (frozen!.Source, frozen.Rows));
        Assert.Equal(1_019, frozen.Bins.Counts.Sum());
        Structure.AssertSame(frozen, await log.Store.FirstAnswers(deployment.Id, Token));
    }

    // None of them sees the rows of the others before these are committed.
    [Fact]
    public async Task FirstAnswers_OfJournalsThatPassTheNumberTogether_AreThoseOfAll()
    {
        TestJournal[] journals = [journal, new(2), new(3)];
        foreach (var one in journals)
        {
            await log.Commit(Answers(one, 100));
        }

        await Task.WhenAll(journals.Select(one => log.Commit(Answers(one, 300))));

        var frozen = await log.Store.FirstAnswers(deployment.Id, Token);
        Assert.InRange(frozen!.Rows, 1_000, 1_200);
    }

    [Fact]
    public async Task FirstAnswers_OfACommitThatIsNotTaken_AreNotFrozen()
    {
        await log.Commit(Answers(journal, 10));
        var late = Answers(journal, 2_000);

        Assert.False(await log.Store.Commit(late with { From = new JournalPosition(1, 7) }, Token));
        Assert.Null(await log.Store.FirstAnswers(deployment.Id, Token));

        Assert.True(await log.Store.Commit(late, Token));
        Assert.Equal(2_010, (await log.Store.FirstAnswers(deployment.Id, Token))!.Rows);
    }

    [Fact]
    public async Task FirstAnswers_OfWhoDoesNotAwaitThem_AreNotFrozen()
    {
        var other = CommittedLog.Deployment();
        await log.Commit(Answers(journal, 2_000) with { Awaiting = new Dictionary<DeploymentId, OutputSpec>() });
        await log.Commit(journal.Commit(other) with { Awaiting = new Dictionary<DeploymentId, OutputSpec> { [other.Id] = TestJournal.Regression } });

        Assert.Null(await log.Store.FirstAnswers(deployment.Id, Token));
        Assert.Null(await log.Store.FirstAnswers(other.Id, Token));
    }

    [Fact]
    public async Task Deployments_AreThoseOfTheProject()
    {
        var sibling = CommittedLog.Deployment(countsClasses: false, deployment.Project);
        var stranger = CommittedLog.Deployment();
        await log.Commit(journal.Commit([deployment, sibling, stranger], []));

        Assert.Equal(new HashSet<LoggedDeployment> { deployment, sibling }, (await log.Store.Deployments(deployment.Project, Token)).ToHashSet());
        Assert.Equal(3, (await log.Store.Deployments(null, Token)).Count);
        Assert.Empty(await log.Store.Deployments(ProjectId.New(Samples.Now), Token));
        Assert.Equal(sibling, await log.Reader.Deployment(sibling.Id, Token));
    }

    [Fact]
    public async Task Forget_Deployment_TakesAllOfItAndNothingElse()
    {
        var kept = CommittedLog.Deployment();
        var rows = Enumerable.Range(0, 6_000).Select(at => journal.Row(at % 60 == 0 ? kept : deployment)).ToList();
        await log.Commit(journal.Commit([deployment, kept], rows) with
        {
            Rejects = [new(Guid.CreateVersion7(), deployment.Id, 1, "no"), new(Guid.CreateVersion7(), kept.Id, 2, "no")],
        });

        var steps = 0;
        while (await log.Store.Forget(deployment.Id, Token))
        {
            steps++;
            var page = await log.Reader.Page(deployment.Id, new(LogRange.All), LogOrder.NewestFirst, new(10, 0), Token);
            Assert.Equal((0L, 0), (page.Total, page.Items.Length));
        }

        Assert.InRange(steps, 3, 20);
        Assert.Null(await log.Reader.Deployment(deployment.Id, Token));
        Assert.Equal(100, await log.Count($"inference_rows"));
        Assert.Equal(1, await log.Count($"inference_rejects"));
        Assert.Equal(100, (await log.Rows(kept.Id)).Count);
        Assert.False(await log.Store.Forget(deployment.Id, Token));
        await log.Commit(journal.Commit(deployment, journal.Row(deployment)));
        Assert.Single(await log.Rows(deployment.Id));
    }

    [Fact]
    public async Task Retain_OldRows_AreDeletedWithTheirCounts()
    {
        var now = Samples.Now;
        var rows = new[] { -40, -35, -31, -29, -1, 0 }.SelectMany(days => Enumerable.Range(0, 3).Select(minute => journal.Row(deployment, now.AddDays(days).AddMinutes(minute)))).ToList();
        await log.Commit(journal.Commit(deployment, rows));
        var horizon = now.AddDays(-30);
        var kept = LogRange.Of(null, null, horizon);

        while (await log.Store.Retain(horizon, now.AddDays(-35).AddMinutes(1), Token))
        {
            Assert.Equal(9, (await log.Reader.Page(deployment.Id, new(kept), LogOrder.NewestFirst, new(100, 0), Token)).Items.Length);
        }

        var all = await log.Reader.Page(deployment.Id, new(LogRange.All), LogOrder.NewestFirst, new(100, 0), Token);
        Assert.Equal((9L, 9), (all.Total, all.Items.Length));
        Assert.Equal(9, await log.Count($"inference_rows"));
        Assert.Equal(14, (await log.Reader.Metrics(deployment.Id, new(0), new(long.MaxValue / 2), Token)).Count);
        await log.Commit(journal.Commit(deployment, journal.Row(deployment, now.AddDays(-40))));
        Assert.Equal(10, (await log.Rows(deployment.Id)).Count);
    }

    [Fact]
    public async Task Retain_ManyRows_GoesInSteps()
    {
        var rows = Enumerable.Range(0, 7_000).Select(at => journal.Row(deployment, Samples.Now.AddDays(-60).AddMilliseconds(at))).ToList();
        await log.Commit(journal.Commit(deployment, rows));

        while (await log.Store.Retain(Samples.Now.AddDays(-30), Samples.Now.AddDays(-400), Token))
        {
        }

        Assert.Equal(0, await log.Count($"inference_rows"));
        Assert.Equal(0, await log.Count($"inference_minutes"));
        Assert.Equal(0, await log.Count($"inference_hours"));
    }

    private static void AssertSame(LogRow expected, LogRow actual)
    {
        Assert.Equal(Bytes(expected.Probabilities), Bytes(actual.Probabilities));
        Assert.Equal(Bytes(expected.Bins), Bytes(actual.Bins));
        Assert.Equal(Bytes(expected.Inputs), Bytes(actual.Inputs));
        Assert.Equal(Plain(expected), Plain(actual));
    }

    private static LogRow Plain(LogRow row) => row with { Probabilities = null, Bins = default, Inputs = null };

    private static string? Bytes(ReadOnlyMemory<byte>? bytes) => bytes is { } some ? Convert.ToHexString(some.Span) : null;

    private InferenceCommit Answers(TestJournal from, int rows) => from.Answers(deployment, rows);
}
