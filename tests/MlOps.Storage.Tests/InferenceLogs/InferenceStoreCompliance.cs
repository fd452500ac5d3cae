using System.Text;
using CsCheck;
using MlOps.Deployments;
using MlOps.Drift;
using MlOps.InferenceLogs;
using MlOps.Metrics;
using MlOps.Models;
using MlOps.Projects;
using MlOps.Sql;

namespace MlOps.Tests.InferenceLogs;

/// <summary>What every store of the inference log does.</summary>
public abstract class InferenceStoreCompliance : IDisposable
{
    private static readonly ModelSignature Signature = new(
        [new InputSpec("X", ElementType.Float, 2, 1, [0], null)],
        [new FeatureSpec("x", FeatureType.Numeric, false, null, default, false, null, 0, 0)],
        new OutputSpec(ModelTask.Classification, "label", ["0", "1", "2"], ["p"], [], 3, false, ScoreKind.Probability, ["no", "größer \"5\"", "\ud83d\ude00"], null, []),
        false);

    private static readonly FeatureBins Bins = new([1, 2], default, default, false, [5, 5, 5, 0]);

    private readonly LogUnderTest log;
    private readonly DeploymentCounter counter = Counter();

    protected InferenceStoreCompliance() => log = Open();

    private protected abstract LogUnderTest Open();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private DeploymentId Deployment => counter.Deployment.Id;

    public void Dispose()
    {
        log.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Commit_IsReadBackAsItCame()
    {
        byte[][] inputs =
        [
            .. new[] { "{\"x\":\"\\u0000\"}", "{\"x\":\"\\ud800\"}", "{\"x\":1e200000}", "{ \"x\" : 1.50 ,\"ü\":null}" }.Select(Encoding.UTF8.GetBytes),
        ];
        var journal = new JournalOfTests(log, counter);
        var answered = journal.Answered([0, 1, 2, 1], ["a", "ß", "\ud83d\ude00", "d"], inputs);
        var refused = journal.Refused(422);

        var commit = await journal.Store();

        Assert.Equal(journal.Committed, await log.Store.Position(journal.Id, Token));
        var page = await log.Reader.Page(Deployment, new LogFilter(LogRange.All), LogOrder.OldestFirst, new PageRequest(50, 0), Token);
        Assert.Equal(5, page.Total);
        Assert.Equal(commit.Rows.Select(Shown), page.Items.Select(item => Shown(item.Row)));
        Assert.Equal(inputs, page.Items.Take(4).Select(item => item.Row.Inputs!.Value.ToArray()));
        Assert.Equal(Shown(commit.Rows[1]), Shown((await log.Reader.Find(Deployment, answered.Ids[1], Token))!.Row));
        Assert.Null(await log.Reader.Find(Deployment, Guid.NewGuid(), Token));
        Assert.Equal(counter.Deployment, await log.Reader.Deployment(Deployment, Token));
        Assert.Equal(refused.Id[0], page.Items[4].Row.Id);
        Assert.Equal(new LogRefusal("invalid_inputs", "Größe \u2400 fehlt.", 3), page.Items[4].Row.Refusal);
    }

    [Fact]
    public async Task Commit_OfWhatIsCommitted_ChangesNothing()
    {
        var journal = new JournalOfTests(log, counter);
        journal.Answered([0, 1]);
        var commit = journal.Commit();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => log.Store.Commit(commit, Token)));

        Assert.Equal(1, outcomes.Count(committed => committed));
        Assert.False(await log.Store.Commit(commit, Token));
        Assert.Equal(2, (await Page(new LogFilter(LogRange.All))).Total);
        Assert.Equal(2, Assert.Single(await log.Reader.Drift(Deployment, new UtcHour(0), new UtcHour(int.MaxValue), Token)).Counts.Rows);
        Assert.False(await log.Store.Commit(commit with { Journal = Guid.NewGuid(), From = new JournalPosition(1, 5) }, Token));
    }

    [Fact]
    public async Task RowThatIsThere_IsRefused_AndNothingOfItsCommitStays()
    {
        var journal = new JournalOfTests(log, counter);
        var first = journal.Answered([0, 1]);
        await journal.Store();
        journal.Answered([2]);
        journal.Add(first);
        var commit = journal.Commit();

        await Assert.ThrowsAsync<RowsRefusedException>(() => log.Store.Commit(commit, Token));

        Assert.Equal(2, (await Page(new LogFilter(LogRange.All))).Total);
        Assert.Equal(journal.Committed, await log.Store.Position(journal.Id, Token));
        Assert.Null(await log.Store.Refusal([commit.Rows[0]], Token));
        Assert.NotNull(await log.Store.Refusal([commit.Rows[1]], Token));
        Assert.Equal(2, (await Page(new LogFilter(LogRange.All))).Total);
        var rejects = commit.Rows.Skip(1).Select(row => new RejectedRow(row.Id, row.Deployment, row.Sequence, "there already")).ToList();
        Assert.True(await log.Store.Commit(journal.Commit(rejects), Token));
        Assert.Equal(3, (await Page(new LogFilter(LogRange.All))).Total);
        Assert.Equal(2, await log.Database.Read(session => session.Number($"select count(*) from inference_rejects"), Token));
        Assert.Equal(3, Assert.Single(await log.Reader.Drift(Deployment, new UtcHour(0), new UtcHour(int.MaxValue), Token)).Counts.Rows);
    }

    [Fact]
    public async Task Pages_AreThoseOfTheRows()
    {
        var random = new Random(7);
        JournalOfTests[] journals = [new(log, counter), new(log, counter)];
        var rows = new List<LogRow>();
        for (var batch = 0; batch < 12; batch++)
        {
            var journal = journals[batch % 2];
            for (var request = 0; request < 15; request++)
            {
                log.Time.Advance(TimeSpan.FromMilliseconds(random.Next(0, 60_000)));
                if (random.Next(6) == 0)
                {
                    journal.Refused(random.Next(2) == 0 ? 422 : 400);
                }
                else
                {
                    var count = random.Next(1, 6);
                    journal.Answered([.. Enumerable.Range(0, count).Select(_ => random.Next(3))], [.. Enumerable.Range(0, count).Select(_ => $"k{random.Next(9)}")]);
                }
            }

            rows.AddRange((await journal.Store()).Rows);
        }

        var (first, last) = (rows.Min(row => new InferenceId(row.Id).Milliseconds), rows.Max(row => new InferenceId(row.Id).Milliseconds));
        var times = Gen.OneOf(Gen.Long[first - 5_000, last + 5_000], Gen.Int[0, rows.Count - 1].Select(row => new InferenceId(rows[row].Id).Milliseconds));
        await Gen.Select(times, times, Gen.Int[0, 6], Gen.Int[0, rows.Count + 3], Gen.Int[1, 20], Gen.Bool).SampleAsync(
            async (from, to, kind, offset, limit, newest) =>
            {
                var range = kind == 6 ? LogRange.All : new LogRange(Math.Min(from, to), Math.Max(from, to));
                var filter = kind switch
                {
                    1 => new LogFilter(range, StatusCode: 422),
                    2 => new LogFilter(range, StatusCode: 200),
                    3 => new LogFilter(range, Label: "größer \"5\""),
                    4 => new LogFilter(range, ExternalId: "k3"),
                    5 => new LogFilter(range, StatusCode: 200, Label: "no", ExternalId: "k1"),
                    _ => new LogFilter(range),
                };
                var expected = rows.Where(row => new InferenceId(row.Id).Milliseconds >= range.From && new InferenceId(row.Id).Milliseconds < range.To
                        && (filter.StatusCode is null || row.StatusCode == filter.StatusCode)
                        && (filter.Label is null || row.Label == filter.Label)
                        && (filter.ExternalId is null || row.ExternalId == filter.ExternalId))
                    .OrderBy(row => row.Id.ToString("N"), StringComparer.Ordinal).ToList();
                if (newest)
                {
                    expected.Reverse();
                }

                var page = await log.Reader.Page(Deployment, filter, newest ? LogOrder.NewestFirst : LogOrder.OldestFirst, new PageRequest(limit, offset), Token);

                Assert.Equal(expected.Count, page.Total);
                Assert.Equal(expected.Skip(offset).Take(limit).Select(row => row.Id), page.Items.Select(item => item.Row.Id));
            },
            iter: 150,
            threads: 1);
    }

    [Fact]
    public async Task Tail_ShowsEveryRowOnce_InItsJournalsOrder()
    {
        var random = new Random(11);
        JournalOfTests[] journals = [new(log, counter), new(log, counter)];
        var committed = new List<LogRow>();
        var seen = new List<LogItem>();
        var cursor = LogCursor.Start;
        for (var round = 0; round < 40; round++)
        {
            var journal = journals[random.Next(2)];
            for (var request = random.Next(4); request > 0; request--)
            {
                log.Time.Advance(TimeSpan.FromMilliseconds(random.Next(3)));
                journal.Answered([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next(3))]);
            }

            committed.AddRange((await journal.Store()).Rows);
            var part = await log.Reader.Tail(Deployment, new LogFilter(LogRange.All), cursor, random.Next(1, 6), Token);
            seen.AddRange(part.Items);
            cursor = part.Next;
        }

        while (await log.Reader.Tail(Deployment, new LogFilter(LogRange.All), cursor, 7, Token) is { Items.Count: > 0 } rest)
        {
            seen.AddRange(rest.Items);
            cursor = rest.Next;
        }

        Assert.Equal(committed.Select(row => row.Id).Order(), seen.Select(item => item.Row.Id).Order());
        Assert.Empty((await log.Reader.Tail(Deployment, new LogFilter(LogRange.All), cursor, 7, Token)).Items);
    }

    [Fact]
    public async Task Windows_AddUp_OverCommitsAndJournals()
    {
        JournalOfTests[] journals = [new(log, counter), new(log, counter)];
        var (drift, minutes) = (new WindowCounts(1), new MinuteWindow());
        for (var batch = 0; batch < 6; batch++)
        {
            journals[batch % 2].Answered([0, 1, 2, batch % 3]);
            journals[batch % 2].Refused(424);
            var commit = await journals[batch % 2].Store();
            commit.Drift.Values.ToList().ForEach(drift.Add);
            commit.Metrics.Values.ToList().ForEach(minutes.Add);
            log.Time.Advance(TimeSpan.FromMinutes(7));
        }

        var (storedDrift, storedMinutes) = (new WindowCounts(1), new MinuteWindow());
        foreach (var window in await log.Reader.Drift(Deployment, new UtcHour(0), new UtcHour(int.MaxValue), Token))
        {
            storedDrift.Add(window.Counts);
        }

        foreach (var (_, window) in await log.Reader.Metrics(Deployment, new UtcMinute(0), new UtcMinute(int.MaxValue), Token))
        {
            storedMinutes.Add(window);
        }

        Assert.Equal(drift.ToBytes(), storedDrift.ToBytes());
        Assert.Equal(minutes.ToBytes(), storedMinutes.ToBytes());
        Assert.Equal(24, (await log.Reader.Bins(Deployment, LogRange.All, null, 100, Token)).Count);
    }

    [Fact]
    public async Task FirstAnswers_AreWhatTheWindowsHold()
    {
        var journal = new JournalOfTests(log, counter);
        var answered = new PredictionCounts();
        for (var request = 0; request < 10; request++)
        {
            Assert.Null(await log.Store.FirstAnswers(Deployment, Token));
            journal.Answered([.. Enumerable.Range(0, 100).Select(row => (row + request) % 10 == 0 ? 1 : 0)]);
            if (request == 8)
            {
                // It goes with the next one, which passes the number.
                continue;
            }

            var commit = journal.Commit() with { Awaiting = new Dictionary<DeploymentId, OutputSpec> { [Deployment] = Signature.Output } };
            Assert.True(await log.Store.Commit(commit, Token));
            journal.Passed();
            foreach (var window in commit.Drift.Values)
            {
                answered.Add(window.Predictions);
            }
        }

        Structure.AssertSame(FirstAnswers.Freeze(Signature.Output, answered), await log.Store.FirstAnswers(Deployment, Token));
    }

    [Fact]
    public async Task OldRows_AreTakenAway_WithTheirCounts()
    {
        var journal = new JournalOfTests(log, counter);
        journal.Answered([0, 1, 2]);
        await journal.Store();
        log.Time.Advance(TimeSpan.FromDays(3));
        var kept = journal.Answered([1, 1]);
        await journal.Store();

        while (await log.Store.Retain(log.Time.GetUtcNow().AddDays(-1), log.Time.GetUtcNow().AddDays(-400), Token))
        {
        }

        var page = await Page(new LogFilter(LogRange.All));
        Assert.Equal((2, 2), ((int)page.Total, page.Items.Length));
        Assert.Equal(2, await log.Database.Read(session => session.Number($"select count(*) from inference_rows"), Token));
        Assert.Equal([kept.Ids[0], kept.Ids[1]], page.Items.Select(item => item.Row.Id).Order());
        Assert.Equal(5, (await log.Reader.Drift(Deployment, new UtcHour(0), new UtcHour(int.MaxValue), Token)).Sum(window => window.Counts.Rows));
    }

    [Fact]
    public async Task ForgottenDeployment_LeavesNothing_AndOthersStay()
    {
        var other = Counter();
        var (journal, beside) = (new JournalOfTests(log, counter), new JournalOfTests(log, other));
        journal.Answered([0, 1, 2], ["a", "b", "c"]);
        await journal.Store();
        beside.Answered([1]);
        await beside.Store();

        while (await log.Store.Forget(Deployment, Token))
        {
        }

        Assert.Null(await log.Reader.Deployment(Deployment, Token));
        Assert.Equal(0, (await Page(new LogFilter(LogRange.All))).Total);
        Assert.Equal([other.Deployment], await log.Store.Deployments(null, Token));
        Assert.Empty(await log.Store.Deployments(counter.Deployment.Project, Token));
        foreach (var table in new[] { "inference_rows", "inference_hours", "metric_minutes", "drift_hours" })
        {
            Assert.NotEqual(0, await log.Database.Read(session => session.Number(Statement.Raw($"select count(*) from {table}")), Token));
        }

        Assert.Equal(1, await log.Database.Read(session => session.Number($"select count(*) from inference_rows"), Token));
    }

    [Fact]
    public async Task Feedback_IsWhatWasSent_WhicheverSideCameFirst()
    {
        var random = new Random(5);
        var reader = new TargetReader(Signature.Output);
        ValueTask<TargetReader?> Readers(ModelId _) => ValueTask.FromResult<TargetReader?>(reader);
        var journal = new JournalOfTests(log, counter);
        var rows = new List<(Guid Id, int Class)>();
        var winners = new Dictionary<Guid, (long Observed, int Order, int Class)>();
        var order = 0;
        for (var round = 0; round < 12; round++)
        {
            var classes = Enumerable.Range(0, 5).Select(_ => random.Next(3)).ToArray();
            var frame = journal.Answered(classes, [.. classes.Select((_, row) => $"{round}-{row}")]);
            rows.AddRange(classes.Select((one, row) => (frame.Ids[row], one)));

            // Of rows of before, of this round's, which are not committed yet, twice and out of order.
            var sent = new List<Feedback>();
            for (var item = 0; item < 8; item++)
            {
                var at = random.Next(rows.Count);
                var (actual, observed) = (random.Next(3), random.Next(20));
                var byKey = random.Next(3) == 0;
                var one = new Feedback(
                    0, counter.Deployment.Project, random.Next(2) == 0 ? Deployment : null, byKey ? null : rows[at].Id, byKey ? $"{at / 5}-{at % 5}" : null,
                    Scalar.Of(actual.ToString(System.Globalization.CultureInfo.InvariantCulture)), DateTimeOffset.UnixEpoch.AddHours(observed), log.Time.GetUtcNow());
                sent.Add(one);
                order++;
                if (!winners.TryGetValue(rows[at].Id, out var before) || observed > before.Observed || (observed == before.Observed && actual != before.Class))
                {
                    winners[rows[at].Id] = (observed, order, actual);
                }
            }

            var kept = await log.Feedback.Add(sent, Token);
            Assert.Equal(kept.Order(), kept);
            await log.Feedback.Join(new FeedbackChoice.Sent(kept), Readers, Token);
            var commit = await journal.Store();
            await log.Feedback.Join(new FeedbackChoice.Committed([.. commit.Rows.Select(row => new CommittedRow(row.Deployment, row.Id, row.ExternalId))]), Readers, Token);

            var accuracy = (await log.Reader.Accuracy(Deployment, new UtcMinute(0), new UtcMinute(int.MaxValue), Token)).Aggregate(default(AccuracyCounts), (sum, one) => sum + one.Value);
            var predicted = rows.ToDictionary(row => row.Id, row => row.Class);
            Assert.Equal((winners.Count, winners.Count(one => predicted[one.Key] == one.Value.Class)), (accuracy.Labelled, accuracy.Correct));
            log.Time.Advance(TimeSpan.FromSeconds(41));
        }

        var (id, winner) = winners.First();
        Assert.Equal($"\"{winner.Class}\"", (await log.Reader.Find(Deployment, id, Token))!.Actual);
        Assert.True(await log.Feedback.Purge(DateTimeOffset.MaxValue.AddDays(-1), Token));
        Assert.False(await log.Feedback.Purge(DateTimeOffset.MaxValue.AddDays(-1), Token));
    }

    private static DeploymentCounter Counter()
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1_790_000_000);
        return new DeploymentCounter(
            new LoggedDeployment(DeploymentId.New(now), ProjectId.New(now), ModelId.New(now), true), Signature, new Baseline(15, [Bins], null), null);
    }

    private Task<Page<LogItem>> Page(LogFilter filter) => log.Reader.Page(Deployment, filter, LogOrder.NewestFirst, new PageRequest(100, 0), Token);

    // A row by all that it says; memory is compared by what it holds.
    private static (LogRow, string, string, string) Shown(LogRow row) => (
        row with { Bins = default, Inputs = null, Probabilities = null, Refusal = null },
        Convert.ToHexString(row.Bins.Span),
        row.Inputs is { } inputs ? Convert.ToHexString(inputs.Span) : "-",
        row.Probabilities is { } probabilities ? Encoding.UTF8.GetString(probabilities.Span) : "-");
}
