using System.Text;
using Microsoft.Extensions.Logging;

namespace MlOps.InferenceLogs;

/// <summary>
/// The records of this silo's answers until the database has them: segments in the data folder, appended to by every request under one lock, read by
/// the committer. One process at a time holds the folder.
/// </summary>
internal sealed partial class Journal : IInferenceJournal, IDisposable
{
    private readonly string folder;
    private readonly JournalLimits limits;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly JournalReader reader;
    private readonly JournalFlush flush;
    private readonly JournalRetention retention;
    private readonly Lock gate = new();
    private JournalSegment current;
    private long written;
    private long committed;
    private bool failing;
    private bool closed;

    private Journal(string folder, Guid id, JournalSegment first, JournalOpening opening, JournalLimits limits, TimeProvider time, ILogger log)
    {
        (this.folder, this.limits, this.time, this.log, current, Id) = (folder, limits, time, log, first, id);
        Opening = opening;
        reader = new JournalReader(folder);
        retention = new JournalRetention(folder, limits.KeepCommitted, time);
        flush = new JournalFlush(first);
        written = opening.Waiting;
    }

    /// <summary>The same for as long as the folder lives.</summary>
    public Guid Id { get; }

    /// <summary>How the folder was found.</summary>
    public JournalOpening Opening { get; }

    /// <summary>Behind the last frame.</summary>
    public JournalPosition End
    {
        get
        {
            lock (gate)
            {
                return current.End;
            }
        }
    }

    /// <summary>Bytes that the database does not have yet.</summary>
    public long WaitingBytes => Volatile.Read(ref written) - Volatile.Read(ref committed);

    /// <summary>Opens the journal of a data folder, or makes it. What was written before is never appended to.</summary>
    /// <param name="committed">Up to where the database has this journal; null when it does not know it.</param>
    /// <exception cref="IOException">The folder cannot be written, or the disk is full.</exception>
    public static Journal Open(string folder, JournalPosition? committed, JournalLimits limits, TimeProvider time, ILogger<Journal> log)
    {
        Directory.CreateDirectory(folder);
        var opening = JournalOpening.Of(folder, committed ?? JournalPosition.Start);
        var segment = JournalSegment.Create(folder, opening.Next, limits.Durability);
        var journal = new Journal(folder, IdOf(folder, time), segment, opening, limits, time, log);
        journal.LogOpened(folder, opening.Waiting);
        return journal;
    }

    /// <summary>The id of a journal's folder, made when it has none yet.</summary>
    public static Guid IdOf(string folder, TimeProvider time)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, "id");
        if (File.Exists(path) && Guid.TryParse(File.ReadAllText(path), out var kept))
        {
            return kept;
        }

        var made = Guid.CreateVersion7(time.GetUtcNow());
        var temporary = path + ".new";
        using (var file = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write))
        {
            RandomAccess.Write(file, Encoding.ASCII.GetBytes(made.ToString()), 0);
            DiskSync.Flush(file);
        }

        File.Move(temporary, path, overwrite: true);
        DiskSync.FlushNames(folder);
        DiskSync.FlushNames(Path.GetDirectoryName(Path.GetFullPath(folder))!);
        return made;
    }

    /// <summary>
    /// Appends one record: it is in the journal, as durable as <see cref="JournalLimits.Durability"/> says, when this completes with true. False: the
    /// journal or its disk is full, and nothing of the record is there.
    /// </summary>
    /// <param name="frame"><see cref="JournalFrame.HeadBytes"/> free bytes, then the payload.</param>
    public ValueTask<bool> Append(Memory<byte> frame)
    {
        var span = frame.Span;
        var checksum = JournalFrame.Checksum(span[JournalFrame.HeadBytes..]);
        lock (gate)
        {
            if (written - Volatile.Read(ref committed) + span.Length > limits.MaxBytes || !TryAppend(span, checksum))
            {
                return ValueTask.FromResult(false);
            }
        }

        return limits.Durability == JournalDurability.Disk ? new ValueTask<bool>(flush.Wait()) : ValueTask.FromResult(true);
    }

    /// <summary>Where reading goes on when the database turns out to have it up to another place.</summary>
    public JournalOpening From(JournalPosition committed) => JournalOpening.Of(folder, committed);

    /// <summary>The frames from a place on; empty where there are none yet.</summary>
    public JournalBatch Read(JournalPosition from) => reader.Read(from, End, limits.BatchBytes);

    /// <summary>Everything up to <see cref="End"/> as of now is on the disk.</summary>
    public Task Flush() => flush.Wait();

    /// <summary>The database has the journal up to this place, and keeps it.</summary>
    public void Committed(JournalPosition upTo)
    {
        lock (gate)
        {
            Volatile.Write(ref committed, written - BytesFrom(upTo));
        }

        retention.Passed(upTo);
    }

    /// <summary>Copies a part without whole frames beside the segments, for a person to look at: its segment is deleted in time.</summary>
    /// <returns>The copy.</returns>
    public string KeepAside(SkippedSpan span)
    {
        var aside = Directory.CreateDirectory(Path.Combine(folder, "damaged")).FullName;
        var copy = Path.Combine(aside, $"{span.From.Segment:D12}-{span.From.Offset:D12}");
        using var file = File.OpenHandle(JournalSegment.PathOf(folder, span.From.Segment), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[span.Length];
        var read = RandomAccess.Read(file, bytes, span.From.Offset);
        File.WriteAllBytes(copy, bytes.AsSpan(0, read));
        return copy;
    }

    public void Dispose()
    {
        lock (gate)
        {
            closed = true;
        }

        flush.Dispose();
        current.Dispose();
    }

    // A first failure is told; the frames that follow fare the same until one gets through again.
    private bool TryAppend(Span<byte> frame, uint checksum)
    {
        try
        {
            ObjectDisposedException.ThrowIf(closed, this);
            if (current.IsBroken || current.Length >= limits.SegmentBytes)
            {
                Roll();
            }

            current.Append(frame, checksum);
            Volatile.Write(ref written, written + frame.Length);
            if (failing)
            {
                failing = false;
                LogRecovered();
            }

            return true;
        }
        catch (Exception full) when (full is IOException or UnauthorizedAccessException)
        {
            if (!failing)
            {
                failing = true;
                LogFailed(full);
            }

            return false;
        }
    }

    private void Roll()
    {
        var next = JournalSegment.Create(folder, current.Number + 1, limits.Durability);
        flush.Follow(next);
        current = next;
    }

    // Under the lock: what stands behind a place, the heads of segments not counted.
    private long BytesFrom(JournalPosition place)
    {
        var bytes = 0L;
        foreach (var number in JournalSegment.In(folder).Where(number => number >= place.Segment))
        {
            var length = number == current.Number ? current.Length : new FileInfo(JournalSegment.PathOf(folder, number)).Length;
            bytes += Math.Max(0, length - Math.Max(JournalSegment.HeadBytes, number == place.Segment ? place.Offset : 0));
        }

        return bytes;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Journal {Folder}: {Bytes} bytes of earlier answers wait for the database")]
    private partial void LogOpened(string folder, long bytes);

    [LoggerMessage(Level = LogLevel.Error, Message = "The journal cannot be written; make room, or make the folder writable")]
    private partial void LogFailed(Exception cause);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The journal can be written again")]
    private partial void LogRecovered();
}
