using System.Numerics;

namespace MlOps;

/// <summary>Reads what <see cref="CountWriter"/> wrote, and refuses anything else.</summary>
internal ref struct CountReader
{
    // Far above any number of bins, classes or buckets: a damaged length reserves no memory.
    private const int MostCounts = 1 << 22;

    private readonly string what;
    private ReadOnlySpan<byte> rest;

    /// <param name="what">What is read, for messages.</param>
    /// <param name="version">The version that this program writes.</param>
    /// <exception cref="InvalidDataException">It is of another version. Every reading throws it for bytes that were not written like this.</exception>
    public CountReader(ReadOnlySpan<byte> bytes, string what, byte version)
    {
        this.what = what;
        rest = bytes;
        var found = Byte();
        if (found != version)
        {
            throw new InvalidDataException($"Stored {what} are of version {found}; this program reads version {version}.");
        }
    }

    public ulong Unsigned()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Byte();
            if (shift == 63 && next > 1)
            {
                break;
            }

            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Damaged();
    }

    public long Signed()
    {
        var value = Unsigned();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>A number of things: neither negative nor beyond an int64.</summary>
    public long Count() => Unsigned() is <= long.MaxValue and var value ? (long)value : throw Damaged();

    public int Length() => Unsigned() is <= MostCounts and var value ? (int)value : throw Damaged();

    public BigInteger Big()
    {
        var length = Length();
        if (length > rest.Length)
        {
            throw Damaged();
        }

        var value = new BigInteger(rest[..length]);
        rest = rest[length..];
        return value;
    }

    public CountVector Counts()
    {
        var counts = new long[Length()];
        for (var index = 0; index < counts.Length; index++)
        {
            counts[index] = Count();
            if (counts[index] == 0)
            {
                var zeros = Length();
                if (zeros == 0 || zeros > counts.Length - index)
                {
                    throw Damaged();
                }

                index += zeros - 1;
            }
        }

        return new CountVector(counts);
    }

    /// <summary>Nothing may follow.</summary>
    public readonly void End()
    {
        if (!rest.IsEmpty)
        {
            throw Damaged();
        }
    }

    public readonly InvalidDataException Damaged() => new($"Stored {what} are damaged.");

    private byte Byte()
    {
        if (rest.IsEmpty)
        {
            throw Damaged();
        }

        var next = rest[0];
        rest = rest[1..];
        return next;
    }
}
