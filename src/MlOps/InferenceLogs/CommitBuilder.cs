using System.Buffers;
using System.Text.Json;
using MlOps.Deployments;
using MlOps.Drift;
using MlOps.Metrics;
using MlOps.Predictions;

namespace MlOps.InferenceLogs;

/// <summary>
/// Makes of a journal's records the rows of the log and all that they add to counts. Every count of a row is taken by the row's own time, the one in its id, so
/// counts and rows can never disagree about where it belongs.
/// </summary>
public sealed class CommitBuilder
{
    private const int OffsetBits = 31;
    private const long MicrosecondsPerMinute = 60_000_000;

    private static readonly string Answered = LogSeries.OfStatus(200);
    private static readonly ArrayBufferWriter<byte> Nowhere = new();
    private static readonly JsonWriterOptions JsonOptions = new() { SkipValidation = true, Encoder = PredictionPlan.Encoder };

    [ThreadStatic]
    private static Utf8JsonWriter? writer;

    private readonly IReadOnlySet<long> rejected;
    private readonly Dictionary<DeploymentId, LoggedDeployment> deployments = [];
    private readonly List<LogRow> rows = [];
    private readonly Dictionary<SeriesMinute, SecondCounts> counts = [];
    private readonly Dictionary<DeploymentMinute, MinuteWindow> metrics = [];
    private readonly Dictionary<DeploymentHour, WindowCounts> drift = [];
    private readonly List<Exception> uncounted = [];
    private readonly Dictionary<string, string> classSeries = new(StringComparer.Ordinal);
    private readonly ArrayBufferWriter<byte> probabilities = new();

    /// <param name="rejected">Sequences of rows that the database does not take: neither logged nor counted.</param>
    public CommitBuilder(IReadOnlySet<long> rejected) => this.rejected = rejected;

    /// <summary>Why records could be logged but not counted into drift: their bins are none of their model's. Empty unless something is wrong.</summary>
    public IReadOnlyList<Exception> Uncounted => uncounted;

    public IReadOnlyList<LogRow> Rows => rows;

    /// <param name="start">Where the record begins in its journal. Rows take more than a byte each, so a row's own place is this and its number.</param>
    public void Add(InferenceFrame frame, JournalPosition start, DeploymentCounter counter)
    {
        deployments[frame.Deployment] = counter.Deployment;
        var sequence = (start.Segment << OffsetBits) + start.Offset;
        switch (frame)
        {
            case AnsweredFrame answered:
                Add(answered, sequence, counter);
                break;
            case RefusedFrame refused when !rejected.Contains(sequence):
                Add(refused, sequence);
                break;
            case CountedFrame counted:
                Metrics(frame, counted.Second * 1_000_000).AddRefused(counted.StatusCode, counted.Requests);
                break;
        }
    }

    public InferenceCommit Build(Guid journal, JournalPosition from, JournalPosition to, IReadOnlyList<RejectedRow> rejects) =>
        new(journal, from, to, deployments.Values, rows, counts, metrics, drift, rejects);

    private void Add(AnsweredFrame frame, long sequence, DeploymentCounter counter)
    {
        var isFirst = true;
        for (var first = 0; first < frame.Rows;)
        {
            if (rejected.Contains(sequence + first))
            {
                first++;
                continue;
            }

            var second = Second(frame.Ids.Microseconds(first));
            var end = first + 1;
            while (end < frame.Rows && Second(frame.Ids.Microseconds(end)) == second && !rejected.Contains(sequence + end))
            {
                end++;
            }

            for (var row = first; row < end; row++)
            {
                rows.Add(Row(frame, row, sequence));
            }

            CountRows(frame, first, end, counter.Deployment.CountsClasses);
            CountRun(frame, first, end, isFirst, counter);
            isFirst = false;
            first = end;
        }
    }

    private void Add(RefusedFrame frame, long sequence)
    {
        var time = frame.Id.Microseconds(0);
        rows.Add(new LogRow
        {
            Id = frame.Id[0],
            Deployment = frame.Deployment,
            Model = frame.Model,
            Request = frame.Id[0],
            Route = frame.Route,
            StatusCode = frame.StatusCode,
            LatencyMicroseconds = frame.LatencyMicroseconds,
            Sequence = sequence,
            Refusal = new LogRefusal(frame.Code, frame.Detail, frame.Rows),
        });
        Count(frame, LogSeries.All, time, 1);
        Count(frame, LogSeries.OfStatus(frame.StatusCode), time, 1);
        Metrics(frame, time).AddRefused(frame.StatusCode);
    }

    // Rows of one second.
    private void CountRows(AnsweredFrame frame, int first, int end, bool byClass)
    {
        var time = frame.Ids.Microseconds(first);
        Count(frame, LogSeries.All, time, end - first);
        Count(frame, Answered, time, end - first);
        if (!byClass || frame.Classes.Length == 0)
        {
            return;
        }

        Span<int> each = stackalloc int[frame.Classes.Length];
        foreach (var label in frame.ClassOf.AsSpan(first, end - first))
        {
            each[label]++;
        }

        for (var label = 0; label < each.Length; label++)
        {
            if (each[label] > 0)
            {
                Count(frame, OfClass(frame.Classes[label]), time, each[label]);
            }
        }
    }

    private void CountRun(AnsweredFrame frame, int first, int end, bool isFirst, DeploymentCounter counter)
    {
        var time = frame.Ids.Microseconds(first);
        var window = Metrics(frame, time);
        if (isFirst)
        {
            window.AddAnswered(end - first, frame.LatencyMicroseconds);
        }
        else
        {
            window.AddRows(end - first);
        }

        if (counter.Windows is not { } windows)
        {
            return;
        }

        var hour = new DeploymentHour(frame.Deployment, new UtcHour(time / (MicrosecondsPerMinute * 60)));
        if (!drift.TryGetValue(hour, out var counted))
        {
            drift[hour] = counted = windows.Empty();
        }

        try
        {
            var bins = frame.Features == 0 ? default : frame.BinsOf(first, end - first);
            if (frame.Classes.Length > 0)
            {
                var classes = frame.ClassOf.AsSpan(first, end - first);
                windows.Add(counted, bins, classes);
                windows.Predictions.Add(window.Predictions, classes);
            }
            else
            {
                var values = frame.Values.AsSpan(first, end - first);
                windows.Add(counted, bins, values);
                windows.Predictions.Add(window.Predictions, values);
            }
        }
        catch (ArgumentException fault)
        {
            // Nothing of the run has been counted; its rows stay in the log, for nothing may stop the stream.
            uncounted.Add(fault);
        }
    }

    // `? memory : null` would be an empty memory, by way of an empty array: what is not kept would be kept as nothing.
    private LogRow Row(AnsweredFrame frame, int row, long sequence) => new()
    {
        Id = frame.Ids[row],
        Deployment = frame.Deployment,
        Model = frame.Model,
        Request = frame.Ids[0],
        Route = frame.Route,
        StatusCode = 200,
        LatencyMicroseconds = frame.LatencyMicroseconds,
        Sequence = sequence + row,
        ExternalId = frame.ExternalIds.Length > 0 ? frame.ExternalIds[row] : null,
        Label = frame.Classes.Length > 0 ? frame.Classes[frame.ClassOf[row]] : null,
        Value = frame.Values.Length > 0 ? frame.Values[row] : null,
        Probabilities = frame.Probabilities.Length > 0 ? Probabilities(frame, row) : default(ReadOnlyMemory<byte>?),
        Bins = frame.Features > 0 ? frame.Bins.Slice(row * frame.Features * sizeof(ushort), frame.Features * sizeof(ushort)) : default,
        Inputs = frame.Inputs.Length > 0 ? frame.Inputs[row].Json : default(ReadOnlyMemory<byte>?),
        InputsTruncated = frame.Inputs.Length > 0 && frame.Inputs[row].Truncated,
        Withheld = frame.Withheld,
    };

    // One after the other in memory that grows by leaps; what was written before a leap stays where it was.
    private ReadOnlyMemory<byte> Probabilities(AnsweredFrame frame, int row)
    {
        var start = probabilities.WrittenCount;
        var json = writer ??= new Utf8JsonWriter(probabilities, JsonOptions);
        json.Reset(probabilities);
        json.WriteStartObject();
        for (var index = 0; index < frame.Classes.Length; index++)
        {
            json.WriteNumber(frame.Classes[index], frame.Probabilities[(row * frame.Classes.Length) + index]);
        }

        json.WriteEndObject();
        json.Flush();

        // The writer outlives this commit, which must not live on with it.
        json.Reset(Nowhere);
        return probabilities.WrittenMemory[start..];
    }

    private string OfClass(string label)
    {
        if (!classSeries.TryGetValue(label, out var series))
        {
            classSeries[label] = series = LogSeries.OfClass(label);
        }

        return series;
    }

    private void Count(InferenceFrame frame, string series, long microseconds, int added)
    {
        var minute = new SeriesMinute(frame.Deployment, series, Minute(microseconds));
        if (!counts.TryGetValue(minute, out var seconds))
        {
            counts[minute] = seconds = new SecondCounts();
        }

        seconds.Add((int)(Second(microseconds) % SecondCounts.SecondsPerMinute), added);
    }

    private MinuteWindow Metrics(InferenceFrame frame, long microseconds)
    {
        var minute = new DeploymentMinute(frame.Deployment, Minute(microseconds));
        if (!metrics.TryGetValue(minute, out var window))
        {
            metrics[minute] = window = new MinuteWindow();
        }

        return window;
    }

    private static long Second(long microseconds) => microseconds / 1_000_000;

    private static UtcMinute Minute(long microseconds) => new(microseconds / MicrosecondsPerMinute);
}
