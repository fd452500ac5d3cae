using System.ComponentModel.DataAnnotations;

namespace MlOps.InferenceLogs;

/// <summary>Section <c>InferenceLogs</c> of silo.json: the journal of this silo, and how long rows are kept.</summary>
public sealed class InferenceLogOptions
{
    public const string Section = "InferenceLogs";

    /// <summary>When a record counts as written: <c>process</c>, in the page cache, outlives <c>kill -9</c>; <c>disk</c>, flushed, outlives the machine.</summary>
    public JournalDurability Durability { get; set; } = JournalDurability.Process;

    /// <summary>Most bytes that wait for the database. 10 GiB.</summary>
    [Range(1 << 20, 1L << 50)]
    public long MaxJournalBytes { get; set; } = 10L << 30;

    /// <summary>What happens to predictions when the journal is full, or its disk: <c>reject</c> answers 503 and loses nothing; <c>drop</c> answers and counts what is lost.</summary>
    public JournalFull WhenFull { get; set; } = JournalFull.Reject;

    /// <summary>A segment that has grown to so many bytes is followed by another. 64 MiB.</summary>
    [Range(1 << 16, 1 << 30)]
    public int SegmentBytes { get; set; } = 64 << 20;

    /// <summary>Time for which committed segments are kept, in seconds: a database that lost its last moments is filled again from them. One hour.</summary>
    [Range(0, 7 * 86_400)]
    public int KeepCommittedSeconds { get; set; } = 3_600;

    /// <summary>A commit begins after so many seconds at the latest, when there is anything to commit.</summary>
    [Range(0.05, 60)]
    public double CommitSeconds { get; set; } = 1;

    /// <summary>Most bytes of the journal that one commit takes. 16 MiB.</summary>
    [Range(1 << 16, 256 << 20)]
    public int CommitBytes { get; set; } = 16 << 20;

    /// <summary>Days after which rows are deleted.</summary>
    [Range(1, 36_500)]
    public int RetentionDays { get; set; } = 30;
}

/// <summary>What an answered record outlives.</summary>
public enum JournalDurability
{
    Process,
    Disk,
}

/// <summary>What a full journal does to predictions.</summary>
public enum JournalFull
{
    Reject,
    Drop,
}
