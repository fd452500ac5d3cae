using System.Security.Cryptography;

namespace MlOps.InferenceLogs;

/// <summary>
/// Ids of answered rows, one generator per silo: UUIDv7 with milliseconds that never go back, then a counter, then random. They sort as they were
/// made, also within a millisecond, in their big-endian form.
/// </summary>
public sealed class InferenceIds
{
    private readonly TimeProvider time;
    private readonly ulong seed;

    // Milliseconds and counter in one number: a full counter carries into the next millisecond, and one exchange reserves a range.
    private long last;

    public InferenceIds(TimeProvider time)
        : this(time, BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))))
    {
    }

    /// <param name="seed">What tells this silo's ids from those that another makes in the same millisecond.</param>
    internal InferenceIds(TimeProvider time, ulong seed) => (this.time, this.seed) = (time, seed);

    /// <summary>So many ids in a row, for the rows of one request. Allocates nothing, and waits for nobody.</summary>
    public InferenceIdRange Take(int count)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds() << InferenceIdRange.CounterBits;
        while (true)
        {
            var before = Volatile.Read(ref last);
            var first = Math.Max(now, before + 1);
            if (Interlocked.CompareExchange(ref last, first + count - 1, before) == before)
            {
                return new InferenceIdRange(first, seed);
            }
        }
    }
}
