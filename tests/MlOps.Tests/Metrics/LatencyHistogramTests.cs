using CsCheck;
using MlOps.Metrics;
using Xunit;

namespace MlOps.Tests.Metrics;

public sealed class LatencyHistogramTests
{
    private static readonly Gen<long> Latency = Gen.Frequency(
        (1, Gen.Long[0, 300]),
        (4, Gen.Long[100, 50_000]),
        (2, Gen.Long[0, 30_000_000]),
        (1, Gen.Select(Gen.Int[0, 62], Gen.Int[-1, 1], (power, beside) => Math.Max(0, (1L << power) + beside))),
        (1, Gen.OneOf(0, long.MaxValue)));

    [Fact]
    public void Quantile_IsWithinFourThousandthsOfTheValueOfItsRank() =>
        Gen.Select(Latency.Array[1, 300], Gen.OneOf(0, 0.5, 0.9, 0.95, 0.99, 1)).Sample((values, share) =>
        {
            var rank = Math.Max(1, (int)Math.Ceiling((decimal)share * values.Length));
            var exact = values.Order().ElementAt(rank - 1);

            var quantile = Of(values).Quantile(share)!.Value;

            Assert.True(Math.Abs(quantile - exact) <= 0.004 * exact, $"{quantile:R} for {exact}");
            Assert.True(exact >= 256 || quantile == exact);
        });

    [Fact]
    public void Add_ManyHistograms_EqualsTheOneOfAllValues() =>
        Gen.Select(Latency.Array[0, 200], Gen.Int[1, 16]).Sample((values, parts) =>
        {
            var merged = new LatencyHistogram();
            foreach (var part in values.Select((value, index) => (value, index)).GroupBy(one => one.index % parts).Reverse())
            {
                merged.Add(Of(part.Select(one => one.value)));
            }

            Assert.Equal(Of(values).ToBytes(), merged.ToBytes());
            Assert.Equal(values.Length, merged.Count);
        });

    [Fact]
    public void Read_WhatWasWritten_IsTheSame() =>
        Latency.Array[0, 200].Sample(values =>
        {
            var read = LatencyHistogram.Read(Of(values).ToBytes());

            Assert.Equal(Of(values).ToBytes(), read.ToBytes());
            Assert.Equal(Of(values).Quantile(0.95), read.Quantile(0.95));
        });

    [Fact]
    public void ToBytes_MillionsOfRequests_AreSmall()
    {
        var histogram = new LatencyHistogram();
        var random = new Random(1);
        for (var request = 0; request < 1_000_000; request++)
        {
            histogram.Add((long)(400 * Math.Exp(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()))));
        }

        Assert.InRange(histogram.ToBytes().Length, 500, 3_000);
    }

    [Fact]
    public void Quantile_OfNothing_IsNull() => Assert.Null(new LatencyHistogram().Quantile(0.99));

    [Fact]
    public void Add_NegativeLatency_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => new LatencyHistogram().Add(-1));

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 2, 0 })]
    [InlineData(new byte[] { 1, 2, 5 })]
    [InlineData(new byte[] { 1, 2, 0, 3 })]
    [InlineData(new byte[] { 1, 1, 5, 9 })]
    [InlineData(new byte[] { 1, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F })]
    [InlineData(new byte[] { 1, 0x80, 0x80, 0x10, 0, 0xFF, 0xFF, 0x0F, 1 })]
    public void Read_OtherBytes_AreRefused(byte[] bytes) => Assert.Throws<InvalidDataException>(() => LatencyHistogram.Read(bytes));

    private static LatencyHistogram Of(IEnumerable<long> values)
    {
        var histogram = new LatencyHistogram();
        foreach (var value in values)
        {
            histogram.Add(value);
        }

        return histogram;
    }
}
