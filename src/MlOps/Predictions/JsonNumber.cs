using System.Buffers.Text;
using System.Numerics;

namespace MlOps.Predictions;

/// <summary>Reads the number of a JSON token, which is known to be well-formed: to the nearest double, and exactly where it is a whole one.</summary>
internal static class JsonNumber
{
    private const int ExactDigits = 15;
    private const int MostDigits = 19;

    private static readonly ulong[] Powers = [.. Enumerable.Range(0, MostDigits + 1).Select(power => (ulong)BigInteger.Pow(10, power))];

    private static readonly Reciprocal[] Reciprocals = [.. Powers.Select(power => new Reciprocal(power))];

    /// <param name="whole">The number itself where it is whole and within int64; null otherwise.</param>
    /// <returns>The nearest double; infinite when the number is beyond its range.</returns>
    public static double Read(ReadOnlySpan<byte> token, out long? whole)
    {
        var negative = token[0] == '-';
        var digits = 0;
        var fraction = -1;
        var mantissa = 0UL;
        for (var at = negative ? 1 : 0; at < token.Length; at++)
        {
            var digit = (uint)token[at] - '0';
            if (digit <= 9)
            {
                mantissa = (mantissa * 10) + digit;
                digits++;
            }
            else if (token[at] == '.')
            {
                fraction = digits;
            }
            else
            {
                return Long(token, out whole);
            }
        }

        var behind = fraction < 0 ? 0 : digits - fraction;
        double value;
        if (digits <= ExactDigits)
        {
            // Both are exact as doubles, so their quotient is the nearest one.
            value = mantissa / (double)Powers[behind];
        }
        else if (digits > MostDigits || !Reciprocals[behind].TryMultiply(mantissa, out value))
        {
            return Long(token, out whole);
        }

        if (behind > 0 && value != Math.Floor(value))
        {
            // The way of nearly every fraction: the nearest double of a whole number that has one is that number.
            whole = null;
            return negative ? -value : value;
        }

        var (full, rest) = behind == 0 ? (mantissa, 0UL) : Math.DivRem(mantissa, Powers[behind]);
        whole = rest != 0 || full > (negative ? 1UL << 63 : long.MaxValue) ? null : negative ? (long)(0 - full) : (long)full;
        return negative ? -value : value;
    }

    private static double Long(ReadOnlySpan<byte> token, out long? whole)
    {
        whole = null;
        if (!Utf8Parser.TryParse(token, out double value, out var read) || read != token.Length)
        {
            return double.PositiveInfinity;
        }

        // A whole number is never rounded to a fraction, and one beyond int64 never into it.
        if (value == Math.Floor(value) && Math.Abs(value) <= 9223372036854775808.0)
        {
            whole = Exactly(token);
        }

        return value;
    }

    // Digit by digit: 9007199254740993.0 is a whole number that no double holds, 9007199254740993.5 is none although its double is one.
    private static long? Exactly(ReadOnlySpan<byte> token)
    {
        var negative = token[0] == '-';
        token = negative ? token[1..] : token;
        var mark = token.IndexOfAny((byte)'e', (byte)'E');
        var digits = mark < 0 ? token : token[..mark];
        var point = digits.IndexOf((byte)'.');
        var exponent = 0;
        if (mark >= 0 && !Utf8Parser.TryParse(token[(mark + (token[mark + 1] == '+' ? 2 : 1))..], out exponent, out _))
        {
            // Beyond int: whole only when it is zero.
            return digits.ContainsAnyInRange((byte)'1', (byte)'9') ? null : 0;
        }

        // Collected as a negative number, whose range is one larger.
        var (value, place) = (0L, (point < 0 ? digits.Length : point) + exponent);
        foreach (var one in digits)
        {
            if (one == '.')
            {
                continue;
            }

            var digit = one - '0';
            if (--place < 0)
            {
                if (digit != 0)
                {
                    return null;
                }
            }
            else if (value < (long.MinValue + digit) / 10)
            {
                return null;
            }
            else
            {
                value = (value * 10) - digit;
            }
        }

        for (; place > 0 && value != 0; place--)
        {
            if (value < long.MinValue / 10)
            {
                return null;
            }

            value *= 10;
        }

        return negative ? value : value == long.MinValue ? null : -value;
    }
}
