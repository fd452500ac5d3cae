using System.Globalization;
using System.Numerics;
using System.Text;
using CsCheck;
using MlOps.Predictions;
using Xunit;

namespace MlOps.Tests.Predictions;

public sealed class JsonNumberTests
{
    private static readonly Gen<string> Digits = Gen.Char['0', '9'].Array[1, 22].Select(digits => new string(digits));

    private static readonly Gen<string> Number =
        from negative in Gen.Bool
        from whole in Digits
        from fraction in Gen.Frequency((1, Gen.Const("")), (2, Digits.Select(digits => "." + digits)))
        from exponent in Gen.Frequency((3, Gen.Const("")), (1, Gen.Int[-330, 330].Select(power => "e" + power.ToString(CultureInfo.InvariantCulture))))
        select (negative ? "-" : "") + (whole.TrimStart('0') is { Length: > 0 } trimmed ? trimmed : "0") + fraction + exponent;

    private static readonly Gen<string> Printed =
        Gen.Frequency(
            (2, Gen.Double.Where(double.IsFinite).Select(value => value.ToString("R", CultureInfo.InvariantCulture))),
            (4, Gen.Double[-1000, 1000].Select(value => value.ToString("R", CultureInfo.InvariantCulture))),
            (1, Gen.Long.Select(value => value.ToString(CultureInfo.InvariantCulture))));

    [Fact]
    public void Value_IsTheNearestDouble() =>
        Gen.OneOf(Number, Printed).Sample(text =>
            Assert.Equal(
                BitConverter.DoubleToInt64Bits(double.Parse(text, CultureInfo.InvariantCulture)),
                BitConverter.DoubleToInt64Bits(JsonNumber.Read(Encoding.UTF8.GetBytes(text), out _))),
            iter: 20_000);

    [Fact]
    public void Whole_IsTheNumberItselfOrNothing() =>
        Gen.OneOf(Number, Printed).Sample(text =>
        {
            JsonNumber.Read(Encoding.UTF8.GetBytes(text), out var whole);
            Assert.Equal(Exactly(text), whole);
        }, iter: 20_000);

    [Theory]
    [InlineData("0", 0L)]
    [InlineData("-0", 0L)]
    [InlineData("0e99999999999", 0L)]
    [InlineData("1e99999999999", null)]
    [InlineData("1E+2", 100L)]
    [InlineData("100e-2", 1L)]
    [InlineData("101e-2", null)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("9223372036854775808", null)]
    [InlineData("-9223372036854775808", long.MinValue)]
    [InlineData("-9223372036854775809", null)]
    [InlineData("9.223372036854775808e18", null)]
    [InlineData("-9.223372036854775808e18", long.MinValue)]
    [InlineData("0.9999999999999999999999", null)]
    [InlineData("9007199254740993.00", 9007199254740993L)]
    public void Whole_AtTheEdges(string text, long? expected)
    {
        JsonNumber.Read(Encoding.UTF8.GetBytes(text), out var whole);

        Assert.Equal(expected, whole);
    }

    // By whole arithmetic of any size: mantissa · 10^exponent.
    private static long? Exactly(string text)
    {
        var parts = text.ToUpperInvariant().Split('E');
        var exponent = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0;
        var point = parts[0].IndexOf('.', StringComparison.Ordinal);
        exponent -= point < 0 ? 0 : parts[0].Length - point - 1;
        var mantissa = BigInteger.Parse(parts[0].Replace(".", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
        var value = exponent >= 0 ? mantissa * BigInteger.Pow(10, exponent) : BigInteger.DivRem(mantissa, BigInteger.Pow(10, -exponent), out var rest) is var full && rest.IsZero ? full : (BigInteger?)null;
        return value is { } found && found >= long.MinValue && found <= long.MaxValue ? (long)found : null;
    }
}
