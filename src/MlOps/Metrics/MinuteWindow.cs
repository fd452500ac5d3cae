using MlOps.Drift;

namespace MlOps.Metrics;

/// <summary>
/// The requests of a deployment in one minute, of one journal or of all: what metrics are made of. Counts add up exactly in any order. What feedback shows is kept apart
/// (<see cref="AccuracyCounts"/>), for another transaction corrects it. Not for several threads at once.
/// </summary>
public sealed class MinuteWindow
{
    private const byte Version = 1;
    private const string What = "minute counts";

    private readonly SortedDictionary<int, long> byStatus;

    public MinuteWindow()
        : this([], new LatencyHistogram(), new PredictionCounts())
    {
    }

    private MinuteWindow(SortedDictionary<int, long> byStatus, LatencyHistogram latency, PredictionCounts predictions) =>
        (this.byStatus, Latency, Predictions) = (byStatus, latency, predictions);

    /// <summary>Requests that reached the deployment, by the status of their answer.</summary>
    public IReadOnlyDictionary<int, long> ByStatus => byStatus;

    public long Requests => byStatus.Values.Sum();

    /// <summary>Rows answered 200.</summary>
    public long Rows { get; private set; }

    /// <summary>Of the requests answered 200, each once whatever its rows: refusals are fast, and would hide how slow answers are.</summary>
    public LatencyHistogram Latency { get; }

    /// <summary>Of the rows answered 200.</summary>
    public PredictionCounts Predictions { get; }

    /// <summary>Counts a request answered 200; its predictions are counted into <see cref="Predictions"/> by a <see cref="PredictionCounter"/>.</summary>
    public void AddAnswered(int rows, long latencyMicroseconds)
    {
        Latency.Add(latencyMicroseconds);
        Rows += rows;
        AddStatus(200, 1);
    }

    /// <summary>Counts rows of a request that an earlier minute has counted: its ids run over the minute's end.</summary>
    public void AddRows(int rows) => Rows += rows;

    /// <summary>Counts requests that were refused or failed.</summary>
    public void AddRefused(int status, long requests = 1)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(status, 200);
        ArgumentOutOfRangeException.ThrowIfNegative(requests);
        AddStatus(status, requests);
    }

    public void Add(MinuteWindow other)
    {
        foreach (var (status, requests) in other.byStatus)
        {
            AddStatus(status, requests);
        }

        Rows += other.Rows;
        Latency.Add(other.Latency);
        Predictions.Add(other.Predictions);
    }

    /// <summary>For a column of the database: a byte for the version, then variable-length numbers.</summary>
    public byte[] ToBytes()
    {
        var writer = new CountWriter(Version);
        writer.Unsigned((ulong)byStatus.Count);
        foreach (var (status, requests) in byStatus)
        {
            writer.Unsigned((ulong)status);
            writer.Unsigned((ulong)requests);
        }

        writer.Unsigned((ulong)Rows);
        Latency.Write(writer);
        Predictions.Write(writer);
        return writer.ToArray();
    }

    /// <exception cref="InvalidDataException">These are not the bytes of a window, or of another version.</exception>
    public static MinuteWindow Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CountReader(bytes, What, Version);
        var byStatus = new SortedDictionary<int, long>();
        for (var left = reader.Length(); left > 0; left--)
        {
            byStatus[reader.Length()] = reader.Count();
        }

        var rows = reader.Count();
        var window = new MinuteWindow(byStatus, LatencyHistogram.Read(ref reader), PredictionCounts.Read(ref reader)) { Rows = rows };
        reader.End();
        return window;
    }

    private void AddStatus(int status, long requests)
    {
        if (requests > 0)
        {
            byStatus[status] = byStatus.GetValueOrDefault(status) + requests;
        }
    }
}
