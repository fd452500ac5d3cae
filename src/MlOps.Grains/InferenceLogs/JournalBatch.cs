using System.Buffers;

namespace MlOps.InferenceLogs;

/// <summary>Whole frames that stand one after the other in a journal. Dispose it when they have been read.</summary>
/// <param name="From">Where it begins.</param>
/// <param name="Next">Where the next batch begins.</param>
/// <param name="Frames">Payloads in order, each with the place behind its frame.</param>
/// <param name="Skipped">What was passed over.</param>
internal sealed record JournalBatch(
    JournalPosition From, JournalPosition Next, IReadOnlyList<JournalRecord> Frames, IReadOnlyList<SkippedSpan> Skipped, byte[] Buffer) : IDisposable
{
    public void Dispose()
    {
        if (Buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(Buffer);
        }
    }
}

/// <summary>One record of a journal.</summary>
/// <param name="End">Where the journal goes on behind it.</param>
internal readonly record struct JournalRecord(ReadOnlyMemory<byte> Payload, JournalPosition End);

/// <summary>A part of a journal without whole frames.</summary>
/// <param name="Length">Bytes; 0 for segments that are not there any more.</param>
internal readonly record struct SkippedSpan(JournalPosition From, long Length, SkipReason Reason);

internal enum SkipReason
{
    /// <summary>The last frame of a segment was not written to its end: nobody was answered by it.</summary>
    Torn,

    /// <summary>Bytes between whole frames, or a whole frame's length of them, are not what was written.</summary>
    Damaged,

    /// <summary>The segments before the oldest one are gone.</summary>
    Gone,
}
