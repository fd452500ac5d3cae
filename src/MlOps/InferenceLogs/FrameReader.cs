using System.Buffers.Binary;
using System.Text;

namespace MlOps.InferenceLogs;

/// <summary>Reads the payload of a frame in the order in which it was written.</summary>
internal struct FrameReader(ReadOnlyMemory<byte> payload)
{
    private ReadOnlyMemory<byte> rest = payload;

    /// <summary>What has not been read.</summary>
    public readonly ReadOnlyMemory<byte> Rest => rest;

    /// <summary>Passes over these bytes, if they come next.</summary>
    public bool Skip(ReadOnlySpan<byte> bytes)
    {
        if (!rest.Span.StartsWith(bytes))
        {
            return false;
        }

        rest = rest[bytes.Length..];
        return true;
    }

    public byte Byte() => Take(1).Span[0];

    public long Number()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var part = Byte();
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                return (long)value;
            }
        }

        throw new InvalidDataException("A number of a record has no end.");
    }

    public int Count() => checked((int)Number());

    public long Fixed() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)).Span);

    public double Double() => BitConverter.Int64BitsToDouble(Fixed());

    public Guid Id() => new(Take(16).Span, bigEndian: true);

    public ReadOnlyMemory<byte> Raw() => Take(Count());

    public string Text() => Encoding.UTF8.GetString(Raw().Span);

    public ReadOnlyMemory<byte> Take(int count)
    {
        if (count < 0 || count > rest.Length)
        {
            throw new InvalidDataException("A record ends within a value.");
        }

        var taken = rest[..count];
        rest = rest[count..];
        return taken;
    }
}
