using CsCheck;
using MlOps.Drift;
using Xunit;

namespace MlOps.Tests.Drift;

/// <summary>Against values computed with 60 digits (mpmath), from the middle of the distribution to 1e-300.</summary>
public sealed class ChiSquaredTests
{
    [Fact]
    public void Survival_AnyValue_IsExactToTwelveDigits()
    {
        var cases = DriftFixture.Read("chi_squared.json").GetProperty("survival").EnumerateArray().ToList();

        Assert.True(cases.Count > 700);
        Assert.Contains(cases, one => one[2].GetDouble() < 1e-299);
        Assert.All(cases, one => AssertClose(one[2].GetDouble(), ChiSquared.Survival(one[0].GetDouble(), one[1].GetInt32())));
    }

    [Fact]
    public void Quantile_IsExactToTwelveDigits()
    {
        var cases = DriftFixture.Read("chi_squared.json").GetProperty("quantile").EnumerateArray().ToList();

        Assert.All(cases, one => AssertClose(one[2].GetDouble(), ChiSquared.Quantile(one[0].GetDouble(), one[1].GetInt32())));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(9)]
    [InlineData(5_000)]
    [InlineData(5_001)]
    public void Survival_Ends_AreOneAndZero(int degrees)
    {
        Assert.Equal(1, ChiSquared.Survival(0, degrees));
        Assert.Equal(0, ChiSquared.Survival(1e6, degrees));
        Assert.Equal(0, ChiSquared.Survival(double.PositiveInfinity, degrees));
        Assert.InRange(ChiSquared.Survival(degrees, degrees), 0.3, 0.52);
    }

    [Fact]
    public void Survival_NeverRisesWithTheValue() =>
        Gen.Select(Gen.Double[0, 3_000], Gen.Double[0, 10], Gen.Int[1, 300]).Sample((x, more, degrees) =>
            Assert.True(ChiSquared.Survival(x + more, degrees) <= ChiSquared.Survival(x, degrees) * (1 + 1e-12)));

    private static void AssertClose(double expected, double actual) =>
        Assert.True(Math.Abs(actual - expected) <= 1e-12 * expected, $"{actual:R} instead of {expected:R}");
}
