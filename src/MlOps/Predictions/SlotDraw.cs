using System.Security.Cryptography;

namespace MlOps.Predictions;

/// <summary>Slots by chance, for requests without a routing key, from any number of threads: SplitMix64, whose state only counts.</summary>
public sealed class SlotDraw(ulong seed)
{
    private const ulong Step = 0x9E3779B97F4A7C15;

    private ulong state = seed;

    public SlotDraw()
        : this(BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))))
    {
    }

    public int Next()
    {
        var z = Interlocked.Add(ref state, Step);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (int)Math.BigMul(z ^ (z >> 31), CanarySplit.Slots, out _);
    }
}
