using System.Buffers.Binary;

namespace MlOps.InferenceLogs;

/// <summary>Consecutive ids, one for each row of a request.</summary>
public readonly struct InferenceIdRange
{
    internal const int CounterBits = 22;

    private readonly long first;
    private readonly ulong seed;

    internal InferenceIdRange(long first, ulong seed) => (this.first, this.seed) = (first, seed);

    /// <summary>The id of the n-th row.</summary>
    public Guid this[int row]
    {
        get
        {
            // 48 bits of milliseconds, version 7, 12 bits of counter; variant, 10 bits of counter, 52 bits of random.
            var made = (ulong)(first + row);
            var counter = made & ((1 << CounterBits) - 1);
            Span<byte> bytes = stackalloc byte[16];
            BinaryPrimitives.WriteUInt64BigEndian(bytes, ((made >> CounterBits) << 16) | 0x7000 | (counter >> 10));
            BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], (2UL << 62) | ((counter & 0x3FF) << 52) | (Mix(made ^ seed) >> 12));
            return new Guid(bytes, bigEndian: true);
        }
    }

    /// <summary>When the n-th row's id was made: microseconds since 1970, in whole milliseconds.</summary>
    public long Microseconds(int row) => ((first + row) >> CounterBits) * 1_000;

    internal static InferenceIdRange Of(long first, long seed) => new(first, (ulong)seed);

    internal void Write(FrameBuffer frame)
    {
        frame.Fixed(first);
        frame.Fixed((long)seed);
    }

    // SplitMix64's finisher: as good as random for telling ids apart, and the same whenever the range is read.
    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
