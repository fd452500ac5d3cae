using System.Buffers;
using System.Numerics;

namespace MlOps;

/// <summary>Writes counts for a column of the database: variable-length numbers, runs of zeros as one. <see cref="CountReader"/> reads them.</summary>
internal sealed class CountWriter
{
    private readonly ArrayBufferWriter<byte> bytes = new(64);

    public CountWriter(byte version)
    {
        bytes.GetSpan(1)[0] = version;
        bytes.Advance(1);
    }

    public byte[] ToArray() => bytes.WrittenSpan.ToArray();

    /// <summary>Seven bits a byte, the lowest first; the top bit says that more follow.</summary>
    public void Unsigned(ulong value)
    {
        var span = bytes.GetSpan(10);
        var length = 0;
        while (value >= 0x80)
        {
            span[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[length++] = (byte)value;
        bytes.Advance(length);
    }

    /// <summary>Small numbers of either sign are short.</summary>
    public void Signed(long value) => Unsigned((ulong)((value << 1) ^ (value >> 63)));

    public void Big(BigInteger value)
    {
        var length = value.GetByteCount();
        Unsigned((ulong)length);
        value.TryWriteBytes(bytes.GetSpan(length), out _);
        bytes.Advance(length);
    }

    /// <summary>Zeros at the end are left out, others are a zero and their number.</summary>
    public void Counts(ReadOnlySpan<long> counts)
    {
        counts = counts[..(counts.LastIndexOfAnyExcept(0) + 1)];
        Unsigned((ulong)counts.Length);
        for (var index = 0; index < counts.Length; index++)
        {
            if (counts[index] != 0)
            {
                Unsigned((ulong)counts[index]);
                continue;
            }

            var zeros = counts[index..].IndexOfAnyExcept(0);
            Unsigned(0);
            Unsigned((ulong)zeros);
            index += zeros - 1;
        }
    }
}
