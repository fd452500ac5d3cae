using System.Buffers.Binary;
using System.Text;

namespace MlOps.InferenceLogs;

/// <summary>Builds the payload of one frame; used again and again by one thread.</summary>
internal sealed class FrameBuffer
{
    private const int FirstSize = 4 << 10;
    private const int MostKept = 1 << 20;

    private byte[] bytes = new byte[FirstSize];
    private int length;

    /// <summary>Free bytes for the journal's head, then what was written.</summary>
    public Memory<byte> Frame => bytes.AsMemory(0, length);

    /// <summary>Begins another frame. The memory of a large one is let go.</summary>
    public void Start()
    {
        if (bytes.Length > MostKept)
        {
            bytes = new byte[FirstSize];
        }

        length = IInferenceJournal.HeadBytes;
    }

    public void Byte(byte value) => Reserve(1)[0] = value;

    public void Number(long value)
    {
        var rest = (ulong)value;
        var room = Room(10);
        var count = 0;
        while (rest >= 0x80)
        {
            room[count++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        room[count++] = (byte)rest;
        length += count;
    }

    public void Fixed(long value) => BinaryPrimitives.WriteInt64LittleEndian(Reserve(sizeof(long)), value);

    public void Fixed(double value) => BinaryPrimitives.WriteDoubleLittleEndian(Reserve(sizeof(double)), value);

    public void Id(Guid value) => value.TryWriteBytes(Reserve(16), bigEndian: true, out _);

    public void Raw(ReadOnlySpan<byte> value) => value.CopyTo(Reserve(value.Length));

    /// <summary>UTF-8 behind its length in bytes.</summary>
    public void Text(ReadOnlySpan<byte> utf8)
    {
        Number(utf8.Length);
        Raw(utf8);
    }

    public void Text(string value)
    {
        Number(Encoding.UTF8.GetByteCount(value));
        length += Encoding.UTF8.GetBytes(value, Room(Encoding.UTF8.GetMaxByteCount(value.Length)));
    }

    private Span<byte> Reserve(int count)
    {
        var room = Room(count);
        length += count;
        return room[..count];
    }

    private Span<byte> Room(int count)
    {
        if (bytes.Length - length < count)
        {
            Array.Resize(ref bytes, Math.Max(checked(length + count), bytes.Length * 2));
        }

        return bytes.AsSpan(length);
    }
}
