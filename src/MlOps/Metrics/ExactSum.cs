using System.Numerics;

namespace MlOps.Metrics;

/// <summary>
/// A sum of doubles, and of their products, without any rounding: a whole number times a power of two, as every double is one. So sums do not depend on the order, and what
/// was added can be taken away again, however large it was beside the rest: a running double would keep its traces, and lose small addends for good.
/// </summary>
public readonly struct ExactSum : IEquatable<ExactSum>
{
    // Odd, or zero with an exponent of zero: equal sums are equal in both fields.
    private readonly BigInteger significand;
    private readonly int exponent;

    private ExactSum(BigInteger significand, int exponent)
    {
        var zeros = significand.IsZero ? 0 : (int)BigInteger.TrailingZeroCount(significand);
        (this.significand, this.exponent) = (significand >> zeros, significand.IsZero ? 0 : exponent + zeros);
    }

    public int Sign => significand.Sign;

    public static ExactSum operator +(ExactSum left, ExactSum right)
    {
        var exponent = Math.Min(left.exponent, right.exponent);
        return left.significand.IsZero ? right
            : right.significand.IsZero ? left
            : new ExactSum((left.significand << (left.exponent - exponent)) + (right.significand << (right.exponent - exponent)), exponent);
    }

    public static ExactSum operator -(ExactSum value) => new(-value.significand, value.exponent);

    public static ExactSum operator -(ExactSum left, ExactSum right) => left + -right;

    public static ExactSum operator *(ExactSum left, ExactSum right) => new(left.significand * right.significand, left.exponent + right.exponent);

    public static bool operator ==(ExactSum left, ExactSum right) => left.Equals(right);

    public static bool operator !=(ExactSum left, ExactSum right) => !left.Equals(right);

    public static ExactSum Of(long value) => new(value, 0);

    /// <param name="value">Finite.</param>
    public static ExactSum Of(double value)
    {
        if (!double.IsFinite(value))
        {
            throw new ArgumentOutOfRangeException(nameof(value), value, "Only finite numbers have a sum.");
        }

        var bits = BitConverter.DoubleToInt64Bits(value);
        var power = (int)((bits >> 52) & 0x7FF);
        var fraction = bits & 0xFFFFFFFFFFFFF;
        var whole = power == 0 ? fraction : fraction | (1L << 52);
        return new ExactSum(bits < 0 ? -whole : whole, Math.Max(power, 1) - 1075);
    }

    public ExactSum Abs() => Sign < 0 ? -this : this;

    /// <summary>The nearest double; infinite beyond the largest.</summary>
    public double ToDouble()
    {
        // 64 leading bits, the last of them odd when anything was cut off: the conversion then rounds as it would have with all.
        var size = BigInteger.Abs(significand);
        var cut = (int)Math.Max(0, (long)size.GetBitLength() - 64);
        var kept = (ulong)(size >> cut);
        var value = (double)(cut > 0 ? kept | 1 : kept);
        return Math.ScaleB(Sign < 0 ? -value : value, exponent + cut);
    }

    /// <summary>The quotient, to the last bits of a double, also where both are beyond the largest double.</summary>
    /// <param name="divisor">Not zero.</param>
    public double Over(ExactSum divisor)
    {
        // Scaled until the whole quotient has 64 bits or more.
        var shift = (int)Math.Max(0, (long)divisor.significand.GetBitLength() - (long)significand.GetBitLength() + 66);
        return new ExactSum((significand << shift) / divisor.significand, exponent - divisor.exponent - shift).ToDouble();
    }

    public bool Equals(ExactSum other) => exponent == other.exponent && significand == other.significand;

    public override bool Equals(object? obj) => obj is ExactSum other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(significand, exponent);

    public override string ToString() => ToDouble().ToString("R", System.Globalization.CultureInfo.InvariantCulture);

    internal void Write(CountWriter writer)
    {
        writer.Signed(exponent);
        writer.Big(significand);
    }

    internal static ExactSum Read(ref CountReader reader)
    {
        // Products of two doubles reach from 2^−2148, and their sums hardly beyond 2^2048.
        var exponent = reader.Signed();
        var significand = reader.Big();
        return exponent is < -2200 or > 2200 ? throw reader.Damaged() : new ExactSum(significand, (int)exponent);
    }
}
