using System.Runtime.InteropServices;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using MlOps.Deployments;
using MlOps.Drift;
using MlOps.InferenceLogs;
using MlOps.Models;
using MlOps.Predictions;
using MlOps.Projects;
using MlOps.Tests.Predictions;
using Xunit;

namespace MlOps.Tests.InferenceLogs;

/// <summary>What a commit adds to its counts is what its rows say, whatever is in the journal.</summary>
public sealed class CommitBuilderTests
{
    private static readonly FeatureBins Bins = new([1, 2], default, default, false, [5, 5, 5, 0]);
    private static readonly ModelSignature Signature = Signatures.Plan(
        new OutputSpec(ModelTask.Classification, "label", ["0", "1"], ["p"], [], 2, false, ScoreKind.Probability, ["no", "yes"], null, []),
        null,
        Feature.Number("x"),
        Feature.Number("y")).Signature;

    private static readonly LoggedDeployment Logged = new(DeploymentId.New(DateTimeOffset.UnixEpoch), ProjectId.New(DateTimeOffset.UnixEpoch), ModelId.New(DateTimeOffset.UnixEpoch), true);
    private static readonly DeploymentCounter Counter = new(Logged, Signature, new Baseline(15, [Bins, null], null), null);

    private static readonly Gen<Request> Requests =
        Gen.Select(Gen.Int[0, 7_200_000], Gen.Int[1, 6], Gen.Int[0, 3], Gen.Long[0, 9_000], (after, rows, kind, latency) => new Request(after, rows, kind, latency));

    [Fact]
    public void Counts_AreThoseOfTheRows() =>
        Gen.Select(Requests.Array[0, 30], Gen.Int[0, 4]).Sample(
            (requests, rejectEvery) =>
            {
                var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_790_000_000));
                var ids = new InferenceIds(time);
                var whole = Build(requests, time, ids, [], out var frames);
                var rejected = whole.Rows.Where((_, index) => rejectEvery > 0 && index % rejectEvery == 0).Select(row => row.Sequence).ToHashSet();
                var builder = Add(frames, rejected);
                var commit = builder.Build(Guid.NewGuid(), default, new JournalPosition(1, 99), []);

                Assert.Empty(builder.Uncounted);
                Assert.Equal(whole.Rows.Where(row => !rejected.Contains(row.Sequence)).Select(row => row.Id), commit.Rows.Select(row => row.Id));
                Assert.Equal(commit.Rows.Select(row => row.Sequence).Order().Distinct(), commit.Rows.Select(row => row.Sequence));
                CheckSeries(commit);
                CheckDrift(commit);
                CheckMetrics(commit, frames);
            },
            iter: 200);

    [Fact]
    public void BinsOfAnotherModel_AreLoggedAndNotCounted()
    {
        var frame = Answered(new InferenceIds(TimeProvider.System).Take(1), 1, 5) with { Bins = MemoryMarshal.AsBytes<ushort>([9, 0]).ToArray() };
        var builder = Add([(frame, new JournalPosition(1, 16))], []);

        Assert.Single(builder.Uncounted);
        Assert.Equal(0, Assert.Single(builder.Build(Guid.NewGuid(), default, default, []).Drift.Values).Rows);
        Assert.Single(builder.Rows);
    }

    [Fact]
    public void RequestOverAMinutesEnd_CountsOnce_AndItsRowsEachInTheirs()
    {
        // The last id of a minute, and the first of the next.
        var last = (((1_790_000_040_000L - 1) << 22) | ((1 << 22) - 1)) + 0;
        var frame = Answered(InferenceIdRange.Of(last, 7), 2, 5);

        var commit = Add([(frame, new JournalPosition(1, 16))], []).Build(Guid.NewGuid(), default, default, []);

        Assert.Equal(2, commit.Metrics.Count);
        Assert.Equal(1, commit.Metrics.Values.Sum(window => window.Requests));
        Assert.All(commit.Metrics.Values, window => Assert.Equal((1, 1), (window.Rows, window.Predictions.Rows)));
    }

    private static void CheckSeries(InferenceCommit commit)
    {
        string[] Series(LogRow row) => row.Label is { } label
            ? [LogSeries.All, LogSeries.OfStatus(row.StatusCode), LogSeries.OfClass(label)]
            : [LogSeries.All, LogSeries.OfStatus(row.StatusCode)];
        var expected = commit.Rows.SelectMany(row => Series(row).Select(series => (series, Second: Milliseconds(row.Id) / 1_000))).CountBy(one => one).ToDictionary();
        var counted = commit.Counts
            .SelectMany(one => Enumerable.Range(0, 60).Select(second => ((one.Key.Series, Second: (one.Key.Minute.Number * 60) + second), Rows: one.Value[second])))
            .Where(one => one.Rows > 0)
            .ToDictionary(one => one.Item1, one => (int)one.Rows);
        Assert.Equal(expected.OrderBy(one => one.Key), counted.OrderBy(one => one.Key));
    }

    private static void CheckDrift(InferenceCommit commit)
    {
        var answered = commit.Rows.Where(row => row.StatusCode == 200).ToLookup(row => Milliseconds(row.Id) / 3_600_000);
        Assert.Equal(answered.Select(hour => hour.Key).Order(), commit.Drift.Keys.Select(key => key.Hour.Number).Order());
        foreach (var (key, window) in commit.Drift)
        {
            var again = Counter.Windows!.Empty();
            foreach (var row in answered[key.Hour.Number])
            {
                Counter.Windows.Add(again, MemoryMarshal.Cast<byte, ushort>(row.Bins.Span), [Signature.Output.Classes.IndexOf(row.Label!)]);
            }

            Assert.Equal(again.ToBytes(), window.ToBytes());
        }
    }

    private static void CheckMetrics(InferenceCommit commit, List<(InferenceFrame Frame, JournalPosition Start)> frames)
    {
        Assert.Equal(commit.Rows.Count(row => row.StatusCode == 200), commit.Metrics.Values.Sum(window => window.Rows));
        var requests = commit.Rows.Select(row => row.Request).Distinct().Count();
        var turnedAway = frames.Select(one => one.Frame).OfType<CountedFrame>().Sum(frame => frame.Requests);
        Assert.Equal(requests + turnedAway, commit.Metrics.Values.Sum(window => window.Requests));
        Assert.Equal(turnedAway, commit.Metrics.Values.Sum(window => window.ByStatus.GetValueOrDefault(429)));
    }

    private static CommitBuilder Build(
        Request[] requests, FakeTimeProvider time, InferenceIds ids, HashSet<long> rejected, out List<(InferenceFrame Frame, JournalPosition Start)> frames)
    {
        frames = [];
        var offset = 16L;
        foreach (var request in requests)
        {
            time.Advance(TimeSpan.FromMilliseconds(request.After));
            frames.Add((request.Frame(ids, time), new JournalPosition(3, offset)));
            offset += 100;
        }

        return Add(frames, rejected);
    }

    private static CommitBuilder Add(List<(InferenceFrame Frame, JournalPosition Start)> frames, HashSet<long> rejected)
    {
        var builder = new CommitBuilder(rejected);
        foreach (var (frame, start) in frames)
        {
            builder.Add(frame, start, Counter);
        }

        return builder;
    }

    private static AnsweredFrame Answered(InferenceIdRange ids, int rows, long latency)
    {
        var bins = new ushort[rows * 2];
        for (var row = 0; row < rows; row++)
        {
            bins[2 * row] = (ushort)((row % 4) | (row % 3 == 0 ? BinIndex.Unseen : 0));
        }

        return new AnsweredFrame(
            Logged.Project,
            Logged.Id,
            Logged.Model,
            RouteReason.Direct,
            latency,
            rows,
            ids,
            ["no", "yes"],
            [.. Enumerable.Range(0, rows).Select(row => row % 2)],
            [],
            [],
            2,
            MemoryMarshal.AsBytes(bins.AsSpan()).ToArray(),
            [],
            [],
            false);
    }

    private static long Milliseconds(Guid id) => Convert.ToInt64(id.ToString("N")[..12], 16);

    private sealed record Request(int After, int Rows, int Kind, long Latency)
    {
        public InferenceFrame Frame(InferenceIds ids, TimeProvider time) => Kind switch
        {
            0 => new RefusedFrame(Logged.Project, Logged.Id, Logged.Model, RouteReason.Direct, Latency, ids.Take(1), 422, "invalid_inputs", "", Rows),
            1 => new CountedFrame(Logged.Project, Logged.Id, Logged.Model, time.GetUtcNow().ToUnixTimeSeconds(), 429, Rows),
            _ => Answered(ids.Take(Rows), Rows, Latency),
        };
    }
}
