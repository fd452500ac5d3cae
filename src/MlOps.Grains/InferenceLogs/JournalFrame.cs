using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace MlOps.InferenceLogs;

/// <summary>
/// What stands around each record in a segment: a mark by which frames are found again behind a damaged span, the payload's length, the frame's own
/// position (so that bytes of another place are never taken for a frame of this one), and a checksum over all of it.
/// </summary>
internal static class JournalFrame
{
    /// <summary>Bytes before the payload; whoever builds a frame leaves them free.</summary>
    public const int HeadBytes = IInferenceJournal.HeadBytes;

    /// <summary>Longest payload: more than any request can leave.</summary>
    public const int MostBytes = 512 << 20;

    private const uint Mark = 0xF5C8_1D4A;

    public static uint Checksum(ReadOnlySpan<byte> payload)
    {
        var sum = uint.MaxValue;
        var words = MemoryMarshal.Cast<byte, ulong>(payload);
        foreach (var word in words)
        {
            sum = BitOperations.Crc32C(sum, word);
        }

        foreach (var rest in payload[(words.Length * sizeof(ulong))..])
        {
            sum = BitOperations.Crc32C(sum, rest);
        }

        return sum;
    }

    /// <param name="frame">Head and payload.</param>
    /// <param name="checksum"><see cref="Checksum"/> of the payload, taken before the lock in which the position is known.</param>
    public static void WriteHead(Span<byte> frame, JournalPosition position, uint checksum)
    {
        var (length, place) = ((uint)(frame.Length - HeadBytes), Place(position));
        BinaryPrimitives.WriteUInt32LittleEndian(frame, Mark);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], length);
        BinaryPrimitives.WriteUInt64LittleEndian(frame[8..], place);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[16..], Whole(checksum, length, place));
    }

    /// <summary>The frame that begins the bytes; <see cref="FrameState.Whole"/> with its payload's length, or why it is none.</summary>
    /// <param name="bytes">What the segment holds from the position on, perhaps not to its end.</param>
    public static FrameState Read(ReadOnlySpan<byte> bytes, JournalPosition position, out int length)
    {
        length = 0;
        if (bytes.Length < HeadBytes)
        {
            return FrameState.Cut;
        }

        var told = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Mark || told > MostBytes || BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]) != Place(position))
        {
            return FrameState.Damaged;
        }

        length = (int)told;
        if (bytes.Length - HeadBytes < length)
        {
            return FrameState.Cut;
        }

        var sum = Whole(Checksum(bytes.Slice(HeadBytes, length)), told, Place(position));
        return sum == BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]) ? FrameState.Whole : FrameState.Damaged;
    }

    /// <summary>Where the next mark stands, from <paramref name="from"/> on; the length of the bytes when there is none.</summary>
    public static int NextMark(ReadOnlySpan<byte> bytes, int from)
    {
        Span<byte> mark = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(mark, Mark);
        var found = from >= bytes.Length ? -1 : bytes[from..].IndexOf(mark);
        return found < 0 ? bytes.Length : from + found;
    }

    private static uint Whole(uint checksum, uint length, ulong place) => ~BitOperations.Crc32C(BitOperations.Crc32C(checksum, length), place);

    // Segments are far shorter than 2^36 bytes, and there will never be 2^28 of them.
    private static ulong Place(JournalPosition position) => ((ulong)position.Segment << 36) | (ulong)position.Offset;
}

/// <summary>What stands at a place of a segment.</summary>
internal enum FrameState
{
    Whole,

    /// <summary>The bytes end within it.</summary>
    Cut,

    Damaged,
}
