using CsCheck;
using MlOps.Metrics;
using Xunit;

namespace MlOps.Tests.Metrics;

public sealed class ExactSumTests
{
    private static readonly double[] Ends = [0, -0.0, double.Epsilon, -double.Epsilon, double.MaxValue, double.MinValue, 1e-310, 1, -1];

    private static readonly Gen<double> Any = Gen.Frequency(
        (3, Gen.Double.Where(double.IsFinite)), (3, Gen.Double[-1_000, 1_000]), (2, Gen.Int[-9, 9].Select(whole => (double)whole)), (1, Gen.OneOf(Ends)));

    [Fact]
    public void Of_AnyDouble_IsThatDouble() => Any.Sample(value => Assert.Equal(value, ExactSum.Of(value).ToDouble()));

    [Fact]
    public void Sum_InAnyOrder_IsTheSame() =>
        Gen.Select(Any.Array[0, 40], Gen.Int).Sample((values, seed) =>
        {
            var shuffled = values.ToArray();
            new Random(seed).Shuffle(shuffled);

            Assert.Equal(Sum(values), Sum(shuffled));
        });

    [Fact]
    public void Sum_WhatWasAddedAndTakenAway_LeavesNoTrace() =>
        Gen.Select(Any.Array[0, 20], Any.Array[0, 20]).Sample((kept, passing) =>
        {
            var sum = Sum(kept);
            foreach (var value in passing)
            {
                sum += ExactSum.Of(value) * ExactSum.Of(value);
            }

            foreach (var value in passing.Reverse())
            {
                sum -= ExactSum.Of(value) * ExactSum.Of(value);
            }

            Assert.Equal(Sum(kept), sum);
        });

    [Fact]
    public void ToDouble_SumOfTwo_IsRoundedAsTheProcessorDoes() =>
        Gen.Select(Any, Any).Where((left, right) => double.IsFinite(left + right)).Sample((left, right) =>
            Assert.Equal(left + right, (ExactSum.Of(left) + ExactSum.Of(right)).ToDouble()));

    [Fact]
    public void ToDouble_Product_IsRoundedAsTheProcessorDoes() =>
        Gen.Select(Gen.Double[-1e100, 1e100], Gen.Double[-1e100, 1e100]).Sample((left, right) =>
            Assert.Equal(left * right, (ExactSum.Of(left) * ExactSum.Of(right)).ToDouble()));

    [Fact]
    public void Over_IsTheQuotient() =>
        Gen.Select(Gen.Double[-1e100, 1e100], Gen.Double[-1e100, 1e100]).Where((_, right) => right != 0).Sample((left, right) =>
        {
            var (exact, quotient) = (ExactSum.Of(left).Over(ExactSum.Of(right)), left / right);

            Assert.True(Math.Abs(exact - quotient) <= 1e-15 * Math.Abs(quotient), $"{exact:R} instead of {quotient:R}");
        });

    [Fact]
    public void Over_NumbersBeyondTheLargestDouble_IsStillTheQuotient()
    {
        var large = ExactSum.Of(1e300) * ExactSum.Of(1e300);

        Assert.Equal(double.PositiveInfinity, large.ToDouble());
        Assert.Equal(2, (large + large).Over(large));
    }

    private static ExactSum Sum(IEnumerable<double> values) => values.Aggregate(default(ExactSum), (sum, value) => sum + ExactSum.Of(value));
}
