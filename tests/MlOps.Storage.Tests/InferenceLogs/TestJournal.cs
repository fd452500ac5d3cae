using System.Buffers.Binary;
using MlOps.Deployments;
using MlOps.Drift;
using MlOps.InferenceLogs;
using MlOps.Metrics;
using MlOps.Models;
using MlOps.Predictions;

namespace MlOps.Tests.InferenceLogs;

/// <summary>One journal of a test: makes commits that follow each other, and counts their rows as the committer does.</summary>
internal sealed class TestJournal(int seed = 1)
{
    private long sequence;

    public static OutputSpec Regression { get; } = new(ModelTask.Regression, null, [], ["y"], [], 1, false, ScoreKind.Value, [], null, []);

    public Guid Id { get; } = Guid.CreateVersion7();

    public JournalPosition Position { get; private set; }

    public Random Random { get; } = new(seed);

    public LogRow Row(LoggedDeployment deployment, DateTimeOffset? at = null, Func<LogRow, LogRow>? change = null)
    {
        var id = NewId(at ?? Samples.Now);
        var row = new LogRow
        {
            Id = id,
            Deployment = deployment.Id,
            Model = deployment.Model,
            Request = id,
            Route = RouteReason.Direct,
            StatusCode = 200,
            LatencyMicroseconds = 1_500,
            Sequence = sequence += Random.Next(1, 4),
            Label = "yes",
            Bins = new byte[] { 1, 0, 2, 0 },
        };
        return change?.Invoke(row) ?? row;
    }

    /// <summary>The next commit; the position moves on.</summary>
    public InferenceCommit Commit(LoggedDeployment deployment, params IReadOnlyList<LogRow> rows) => Commit([deployment], rows);

    public InferenceCommit Commit(IReadOnlyList<LoggedDeployment> deployments, IReadOnlyList<LogRow> rows)
    {
        var to = new JournalPosition(1, Position.Offset + 100 + rows.Count);
        var commit = Of(Position, to, deployments, rows);
        Position = to;
        return commit;
    }

    /// <summary>The next commit, of the windows of so many answers in two hours, of a deployment that awaits its first ones.</summary>
    public InferenceCommit Answers(LoggedDeployment deployment, int rows)
    {
        var counter = new WindowCounter(Samples.Signature with { Output = Regression }, null, null);
        var (now, before) = (counter.Empty(), counter.Empty());
        for (var row = 0; row < rows; row++)
        {
            counter.Add(row % 3 == 0 ? before : now, [], [row / 7.0]);
        }

        var hour = UtcHour.Of(Samples.Now);
        return Commit(deployment) with
        {
            Drift = new Dictionary<DeploymentHour, WindowCounts> { [new(deployment.Id, hour)] = now, [new(deployment.Id, hour.Plus(-5))] = before },
            Awaiting = new Dictionary<DeploymentId, OutputSpec> { [deployment.Id] = Regression },
        };
    }

    public InferenceCommit Of(JournalPosition from, JournalPosition to, IReadOnlyList<LoggedDeployment> deployments, IReadOnlyList<LogRow> rows)
    {
        var counts = new Dictionary<SeriesMinute, SecondCounts>();
        var metrics = new Dictionary<DeploymentMinute, MinuteWindow>();
        foreach (var row in rows)
        {
            var seconds = row.Milliseconds() / 1_000;
            var minute = new UtcMinute(seconds / 60);
            var series = new List<string> { LogSeries.All, LogSeries.OfStatus(row.StatusCode) };
            if (row.Label is { } label && deployments.Single(one => one.Id == row.Deployment).CountsClasses)
            {
                series.Add(LogSeries.OfClass(label));
            }

            foreach (var one in series)
            {
                var key = new SeriesMinute(row.Deployment, one, minute);
                counts.TryAdd(key, new());
                counts[key].Add((int)(seconds % 60), 1);
            }

            metrics.TryAdd(new(row.Deployment, minute), new());
            metrics[new(row.Deployment, minute)].AddAnswered(1, row.LatencyMicroseconds);
        }

        return new(Id, from, to, deployments, rows, counts, metrics, new Dictionary<DeploymentHour, WindowCounts>(), []);
    }

    private Guid NewId(DateTimeOffset at)
    {
        Span<byte> bytes = stackalloc byte[16];
        Random.NextBytes(bytes);
        BinaryPrimitives.WriteInt64BigEndian(bytes, (at.ToUnixTimeMilliseconds() << 16) | 0x7000 | (long)Random.Next(0x1000));
        bytes[8] = (byte)(0x80 | (bytes[8] & 0x3F));
        return new(bytes, bigEndian: true);
    }
}

internal static class LogRowTimes
{
    public static long Milliseconds(this LogRow row) => Convert.ToInt64(row.Id.ToString("N")[..12], 16);
}
