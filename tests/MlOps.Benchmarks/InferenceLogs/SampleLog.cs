using System.Buffers.Binary;
using System.Text;
using MlOps.Deployments;
using MlOps.Drift;
using MlOps.InferenceLogs;
using MlOps.Metrics;
using MlOps.Models;
using MlOps.Predictions;
using MlOps.Projects;

namespace MlOps.Benchmarks.InferenceLogs;

/// <summary>Rows of one deployment, spread evenly over a time: 30 features' bins, inputs of 300 bytes, a class, now and then a refusal or a caller's own key.</summary>
internal sealed class SampleLog(DateTimeOffset start, TimeSpan span, int rows)
{
    private readonly Random random = new(7);
    private readonly byte[] inputs = Encoding.UTF8.GetBytes($"{{{string.Join(',', Enumerable.Range(0, 30).Select(feature => $"\"f{feature:00}\":{feature}.{feature:00}"))}}}".PadRight(300));
    private readonly byte[] bins = new byte[60];
    private readonly byte[] probabilities = "{\"yes\":0.25173,\"no\":0.74827}"u8.ToArray();

    public LoggedDeployment Deployment { get; } = new(DeploymentId.New(start), ProjectId.New(start), ModelId.New(start), true);

    public int Rows => rows;

    public TimeSpan Span => span;

    public IEnumerable<InferenceCommit> Commits(int size)
    {
        var journal = Guid.CreateVersion7(start);
        var position = JournalPosition.Start;
        for (var from = 0; from < rows; from += size)
        {
            var some = Enumerable.Range(from, Math.Min(size, rows - from)).Select(Row).ToList();
            var to = new JournalPosition(1, from + some.Count);
            yield return new(journal, position, to, [Deployment], some, Count(some), Requests(some), new Dictionary<DeploymentHour, WindowCounts>(), []);
            position = to;
        }
    }

    private static long Seconds(LogRow row) => Convert.ToInt64(row.Id.ToString("N")[..12], 16) / 1_000;

    private LogRow Row(int number)
    {
        var id = Id(start.ToUnixTimeMilliseconds() + (long)(span.TotalMilliseconds * number / rows));
        var refused = number % 100 == 99;
        return new()
        {
            Id = id,
            Deployment = Deployment.Id,
            Model = Deployment.Model,
            Request = id,
            Route = RouteReason.Production,
            StatusCode = refused ? 422 : 200,
            LatencyMicroseconds = 800 + (number % 300),
            Sequence = 3L * number,
            ExternalId = number % 10 == 0 ? $"e{number % 10_000 / 10}" : null,
            Label = refused ? null : number % 1_000 == 500 ? "rare" : number % 2 == 0 ? "yes" : "no",
            Probabilities = refused ? default(ReadOnlyMemory<byte>?) : probabilities,
            Bins = refused ? default : bins,
            Inputs = refused ? default(ReadOnlyMemory<byte>?) : inputs,
            Refusal = refused ? new("invalid_inputs", "'amount' is missing.", 1) : null,
        };
    }

    private Guid Id(long milliseconds)
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        BinaryPrimitives.WriteInt64BigEndian(bytes, (milliseconds << 16) | 0x7000 | (uint)random.Next(0x1000));
        return new(bytes, bigEndian: true);
    }

    private static Dictionary<SeriesMinute, SecondCounts> Count(List<LogRow> rows)
    {
        var counts = new Dictionary<SeriesMinute, SecondCounts>();
        foreach (var row in rows)
        {
            var second = Seconds(row);
            foreach (var series in new[] { LogSeries.All, LogSeries.OfStatus(row.StatusCode), row.Label is { } label ? LogSeries.OfClass(label) : null })
            {
                if (series is not null)
                {
                    var key = new SeriesMinute(row.Deployment, series, new(second / 60));
                    if (!counts.TryGetValue(key, out var minute))
                    {
                        counts[key] = minute = new();
                    }

                    minute.Add((int)(second % 60), 1);
                }
            }
        }

        return counts;
    }

    private static Dictionary<DeploymentMinute, MinuteWindow> Requests(List<LogRow> rows)
    {
        var requests = new Dictionary<DeploymentMinute, MinuteWindow>();
        foreach (var minute in rows.GroupBy(row => new DeploymentMinute(row.Deployment, new(Seconds(row) / 60))))
        {
            var window = requests[minute.Key] = new();
            foreach (var row in minute)
            {
                window.AddAnswered(1, row.LatencyMicroseconds);
            }
        }

        return requests;
    }
}
