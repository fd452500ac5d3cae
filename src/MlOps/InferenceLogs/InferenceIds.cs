using System.Buffers.Binary;
using System.Security.Cryptography;

namespace MlOps.InferenceLogs;

/// <summary>
/// Ids of answered rows, one generator per silo: UUIDv7 with milliseconds that never go back, then a counter, then random. They sort as they were
/// made, also within a millisecond, in their big-endian form.
/// </summary>
public sealed class InferenceIds(TimeProvider time)
{
    private const int CounterBits = 26;

    private readonly Lock gate = new();
    private long milliseconds;
    private uint counter;

    /// <summary>So many ids in a row, for the rows of one request.</summary>
    public InferenceIdRange Take(int count)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        lock (gate)
        {
            if (now > milliseconds || counter + (ulong)count >= 1UL << CounterBits)
            {
                milliseconds = Math.Max(now, milliseconds + 1);
                // Starts low at random, so that two silos of the same millisecond differ early.
                counter = (uint)RandomNumberGenerator.GetInt32(1 << (CounterBits - 6));
            }

            var range = new InferenceIdRange(milliseconds, counter, (ulong)RandomNumberGenerator.GetInt32(int.MaxValue) << 17);
            counter += (uint)count;
            return range;
        }
    }
}

/// <summary>Consecutive ids: the same millisecond, a counter that rises by one.</summary>
public readonly record struct InferenceIdRange(long Milliseconds, uint Counter, ulong Random)
{
    /// <summary>The id of the n-th row.</summary>
    public Guid this[int row]
    {
        get
        {
            // 48 bits of time, version 7, 12 bits of counter; variant, 14 bits of counter, 48 bits of random.
            var count = Counter + (uint)row;
            Span<byte> bytes = stackalloc byte[16];
            BinaryPrimitives.WriteInt64BigEndian(bytes, (Milliseconds << 16) | 0x7000 | (count >> 14));
            BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], (2UL << 62) | ((ulong)(count & 0x3FFF) << 48) | (Random & 0xFFFF_FFFF_FFFF));
            return new Guid(bytes, bigEndian: true);
        }
    }
}
