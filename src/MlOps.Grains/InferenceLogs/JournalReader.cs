using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace MlOps.InferenceLogs;

/// <summary>Reads a journal's frames in order, segment after segment, whatever has happened to the files.</summary>
internal sealed class JournalReader(string folder)
{
    /// <summary>The frames from a place on, of one segment.</summary>
    /// <param name="end">Where the journal ends now; what stands behind it is not read.</param>
    /// <param name="most">Bytes after which no further frame is begun; a longer single frame is read all the same.</param>
    public JournalBatch Read(JournalPosition from, JournalPosition end, int most)
    {
        var segment = JournalSegment.In(folder).FirstOrDefault(number => number >= from.Segment);
        if (segment == 0 || segment > end.Segment || from >= end)
        {
            return new JournalBatch(from, from, [], [], []);
        }

        if (segment > from.Segment)
        {
            // Numbers may be left out; but a place within a segment was the end of something that was there.
            var gone = from.Offset > JournalSegment.HeadBytes;
            return new JournalBatch(from, new JournalPosition(segment, 0), [], gone ? [new SkippedSpan(from, 0, SkipReason.Gone)] : [], []);
        }

        using var file = File.OpenHandle(JournalSegment.PathOf(folder, segment), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var length = segment == end.Segment ? end.Offset : RandomAccess.GetLength(file);
        return new Scan(file, segment, Math.Max(from.Offset, JournalSegment.HeadBytes), length, segment < end.Segment).Read(from, most);
    }

    /// <summary>One pass over a part of a segment.</summary>
    /// <param name="closed">Nothing will be appended to it.</param>
    private readonly struct Scan(SafeFileHandle file, long segment, long offset, long length, bool closed)
    {
        public JournalBatch Read(JournalPosition from, int most)
        {
            var rest = Math.Max(0, length - offset);
            var bytes = Fetch((int)Math.Min(rest, most));
            var found = Frames(bytes.AsMemory(0, (int)Math.Min(rest, most)), whole: rest <= most);
            if (found.Next == offset && rest > most)
            {
                // A frame longer than a batch, or damage whose end lies beyond it: the whole rest decides.
                ArrayPool<byte>.Shared.Return(bytes);
                bytes = Fetch(checked((int)rest));
                found = Frames(bytes.AsMemory(0, (int)rest), whole: true);
            }

            var next = closed && found.Next >= length ? new JournalPosition(segment + 1, 0) : new JournalPosition(segment, found.Next);
            return new JournalBatch(from, next, found.Frames, found.Skipped, bytes);
        }

        private byte[] Fetch(int count)
        {
            var bytes = ArrayPool<byte>.Shared.Rent(Math.Max(1, count));
            var read = 0;
            while (read < count)
            {
                var came = RandomAccess.Read(file, bytes.AsSpan(read, count - read), offset + read);
                if (came == 0)
                {
                    Array.Clear(bytes, read, count - read);
                    break;
                }

                read += came;
            }

            return bytes;
        }

        // Where the bytes are not the whole rest, a frame that ends beyond them is left to the next batch.
        private (List<JournalRecord> Frames, List<SkippedSpan> Skipped, long Next) Frames(ReadOnlyMemory<byte> bytes, bool whole)
        {
            List<JournalRecord> frames = [];
            List<SkippedSpan> skipped = [];
            var at = 0;
            while (at < bytes.Length)
            {
                var state = JournalFrame.Read(bytes.Span[at..], Position(at), out var payload);
                if (state == FrameState.Whole)
                {
                    var end = at + JournalFrame.HeadBytes + payload;
                    frames.Add(new JournalRecord(bytes.Slice(at + JournalFrame.HeadBytes, payload), Position(end)));
                    at = end;
                }
                else if (!whole)
                {
                    break;
                }
                else
                {
                    var next = NextWhole(bytes.Span, at + 1);
                    var torn = next == bytes.Length && state == FrameState.Cut;
                    skipped.Add(new SkippedSpan(Position(at), next - at, torn ? SkipReason.Torn : SkipReason.Damaged));
                    at = next;
                }
            }

            return (frames, skipped, offset + at);
        }

        private int NextWhole(ReadOnlySpan<byte> bytes, int from)
        {
            for (var at = JournalFrame.NextMark(bytes, from); ; at = JournalFrame.NextMark(bytes, at + 1))
            {
                if (at == bytes.Length || JournalFrame.Read(bytes[at..], Position(at), out _) == FrameState.Whole)
                {
                    return at;
                }
            }
        }

        private JournalPosition Position(int at) => new(segment, offset + at);
    }
}
