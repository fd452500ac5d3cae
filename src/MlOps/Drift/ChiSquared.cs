namespace MlOps.Drift;

/// <summary>
/// The χ² distribution of whole degrees of freedom, to 1e-12 of the value also far out in the tail. Its survival is the regularised incomplete
/// gamma function Q(k/2, x/2), which for whole k is a finite sum of positive terms (NIST DLMF 8.4.10, 8.4.15): nothing cancels.
/// </summary>
internal static class ChiSquared
{
    // Q(1/2, y) is one minus a series below, a continued fraction above.
    private const double SeriesBelow = 1.5;

    /// <summary>The probability of a value above <paramref name="x"/>.</summary>
    /// <param name="x">Not negative; infinity is fine.</param>
    /// <param name="degrees">At least 1.</param>
    public static double Survival(double x, int degrees)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(x);
        ArgumentOutOfRangeException.ThrowIfLessThan(degrees, 1);
        if (double.IsPositiveInfinity(x))
        {
            return 0;
        }

        // Everything is kept times exp(y), of which so much is still to be divided by: neither overflows.
        var y = x / 2;
        var owed = y;
        var isOdd = degrees % 2 != 0;
        var order = isOdd ? 0.5 : 0;
        var term = isOdd ? 2 * Math.Sqrt(y / Math.PI) : 1;
        var sum = !isOdd ? 0 : y < SeriesBelow ? (1 - (term * Math.Exp(-y) * Series(y))) * Math.Exp(y) : term * Fraction(y) / 2;
        for (var index = 0; index < degrees / 2; index++)
        {
            sum += term;
            order++;
            term *= y / order;
            if (sum > 1e150 || term > 1e150)
            {
                var part = Math.Min(owed, 300);
                owed -= part;
                sum *= Math.Exp(-part);
                term *= Math.Exp(-part);
            }
        }

        while (owed > 0 && sum > 0)
        {
            var part = Math.Min(owed, 300);
            owed -= part;
            sum *= Math.Exp(-part);
        }

        return Math.Min(sum, 1);
    }

    /// <summary>The value that is exceeded with a probability.</summary>
    /// <param name="survival">Between 0 and 1, both excluded.</param>
    public static double Quantile(double survival, int degrees)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(survival, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(survival, 1);
        var (low, high) = (0.0, (double)degrees);
        while (Survival(high, degrees) > survival)
        {
            (low, high) = (high, 2 * high);
        }

        // Halved until no double lies between.
        while (low + ((high - low) / 2) is var middle && middle > low && middle < high)
        {
            (low, high) = Survival(middle, degrees) > survival ? (middle, high) : (low, middle);
        }

        return high;
    }

    // P(1/2, y) = 2·√(y/π)·e^−y · (1 + y/1.5 + y²/(1.5·2.5) + …)
    private static double Series(double y)
    {
        var (sum, term) = (1.0, 1.0);
        for (var order = 1.5; term > sum * 1e-17; order++)
        {
            term *= y / order;
            sum += term;
        }

        return sum;
    }

    // Q(1/2, y) = √(y/π)·e^−y · this, by Lentz's method.
    private static double Fraction(double y)
    {
        const double Tiny = 1e-300;
        var b = y + 0.5;
        var c = 1 / Tiny;
        var d = 1 / b;
        var value = d;
        for (var index = 1; index < 500; index++)
        {
            var a = -index * (index - 0.5);
            b += 2;
            d = 1 / ((a * d) + b);
            c = b + (a / c);
            var factor = d * c;
            value *= factor;
            if (Math.Abs(factor - 1) < 1e-16)
            {
                break;
            }
        }

        return value;
    }
}
