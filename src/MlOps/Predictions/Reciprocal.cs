using System.Numerics;

namespace MlOps.Predictions;

/// <summary>
/// 1/power to 64 bits, for finding the double next to mantissa/power by one multiplication (Eisel and Lemire's way, for the digits that clients
/// send). Numbers too near the middle of two doubles are left to the slow way.
/// </summary>
internal readonly struct Reciprocal
{
    private const int Dropped = 11;
    private const ulong Half = 1UL << (Dropped - 1);

    private readonly ulong bits;
    private readonly int scale;

    public Reciprocal(ulong power)
    {
        // power · bits · 2^−scale ≤ 1, with the highest bit set and an error below one unit of the last.
        scale = 63 + (power == 1 ? 0 : 64 - BitOperations.LeadingZeroCount(power - 1));
        bits = (ulong)(BigInteger.Pow(2, scale) / power);
    }

    public bool TryMultiply(ulong mantissa, out double value)
    {
        value = 0;
        if (mantissa == 0)
        {
            return true;
        }

        var zeros = BitOperations.LeadingZeroCount(mantissa);
        var high = Math.BigMul(mantissa << zeros, bits, out var low);
        var exponent = 64 + Dropped - zeros - scale;
        if ((long)high >= 0)
        {
            high = (high << 1) | (low >> 63);
            exponent--;
        }

        // The true product is at most two units above.
        var dropped = high & ((1UL << Dropped) - 1);
        if (dropped + 2 >= Half && dropped <= Half)
        {
            return false;
        }

        var rounded = (high >> Dropped) + (dropped > Half ? 1UL : 0);
        if (rounded == 1UL << 53)
        {
            rounded >>= 1;
            exponent++;
        }

        value = BitConverter.UInt64BitsToDouble((rounded & ((1UL << 52) - 1)) | ((ulong)(exponent + 52 + 1023) << 52));
        return true;
    }
}
