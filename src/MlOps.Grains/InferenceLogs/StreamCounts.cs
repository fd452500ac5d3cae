using System.Diagnostics.Metrics;

namespace MlOps.InferenceLogs;

/// <summary>What the stream has done since the process started. Written by the committer, read by whoever tells it.</summary>
internal sealed class StreamCounts(IMeterFactory meters)
{
    private static readonly double[] Seconds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

    private readonly Histogram<double> commitDuration = meters.Create("MlOps").CreateHistogram(
        "mlops.journal.commit.duration", "s", "Time that a commit took, of those that went well.", tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds });

    private long rows;
    private long commits;
    private long rejected;
    private long ofDeleted;
    private long damaged;
    private long lost;
    private long lastMicroseconds;

    /// <summary>Rows committed.</summary>
    public long Rows => Volatile.Read(ref rows);

    public long Commits => Volatile.Read(ref commits);

    /// <summary>Rows that the database did not take, kept among the rejects.</summary>
    public long Rejects => Volatile.Read(ref rejected);

    /// <summary>Records of projects that were deleted meanwhile.</summary>
    public long OfDeleted => Volatile.Read(ref ofDeleted);

    /// <summary>Damaged parts of the journal that were passed over.</summary>
    public long Damaged => Volatile.Read(ref damaged);

    /// <summary>Times that the journal and the database did not fit together: rows are missing.</summary>
    public long Lost => Volatile.Read(ref lost);

    /// <summary>How long the last commit took.</summary>
    public TimeSpan LastCommit => TimeSpan.FromMicroseconds(Volatile.Read(ref lastMicroseconds));

    public void Committed(int count, TimeSpan took)
    {
        Interlocked.Add(ref rows, count);
        Interlocked.Increment(ref commits);
        Volatile.Write(ref lastMicroseconds, (long)took.TotalMicroseconds);
        commitDuration.Record(took.TotalSeconds);
    }

    public void Rejected(int count) => Interlocked.Add(ref rejected, count);

    public void DroppedOfDeleted() => Interlocked.Increment(ref ofDeleted);

    public void Found(JournalFinding finding) => Interlocked.Add(ref lost, finding == JournalFinding.Usual ? 0 : 1);

    public void Skipped(SkipReason reason)
    {
        if (reason == SkipReason.Damaged)
        {
            Interlocked.Increment(ref damaged);
        }
        else if (reason == SkipReason.Gone)
        {
            Interlocked.Increment(ref lost);
        }
    }
}
