using System.Collections.Concurrent;

namespace MlOps.Predictions;

/// <summary>What the callers of one deployment got on this silo since it serves it.</summary>
internal sealed class DeploymentTraffic(string label)
{
    private readonly ConcurrentDictionary<int, long> refused = new();
    private long answered;
    private long rows;
    private long refusals;
    private long seen;
    private long? seenAt;

    /// <summary>Value of the label <c>deployment</c>.</summary>
    public string Label { get; } = label;

    public long Rows => Volatile.Read(ref rows);

    /// <summary>Requests by status.</summary>
    public IEnumerable<KeyValuePair<int, long>> Requests => refused.Prepend(new(200, Volatile.Read(ref answered)));

    public void Answered(int count)
    {
        Interlocked.Increment(ref answered);
        Interlocked.Add(ref rows, count);
    }

    public void Refused(int status)
    {
        refused.AddOrUpdate(status, 1, static (_, before) => before + 1);
        Interlocked.Increment(ref refusals);
    }

    /// <summary>How long ago its counts were first seen as they are now. Called by one thread at a time.</summary>
    public TimeSpan StoodStill(TimeProvider time)
    {
        var now = Volatile.Read(ref answered) + Volatile.Read(ref refusals);
        if (seenAt is not { } before || now != seen)
        {
            (seen, seenAt) = (now, time.GetTimestamp());
            return TimeSpan.Zero;
        }

        return time.GetElapsedTime(before);
    }
}
