using CsCheck;
using MlOps.Drift;
using Xunit;

namespace MlOps.Tests.Drift;

public sealed class PredictionGridTests
{
    private static readonly double[] Ends = [0, -0.0, double.Epsilon, -double.Epsilon, double.MaxValue, double.MinValue, 1, -1, 1024, 1e-310, -1e-310];

    private static readonly Gen<double> Any = Gen.Frequency(
        (4, Gen.Double.Where(double.IsFinite)), (4, Gen.Double[-100, 100]), (2, Gen.Int[-5, 5].Select(whole => (double)whole)), (1, Gen.OneOf(Ends)));

    [Fact]
    public void Cell_HoldsWhatIsAboveItsLowerEdgeUpToItsUpper() =>
        Any.Sample(value =>
        {
            var cell = PredictionGrid.Cell(value);

            Assert.True(PredictionGrid.UpperEdge(cell - 1) < value && value <= PredictionGrid.UpperEdge(cell));
            Assert.True(Math.Abs(value) < 1e-300 || PredictionGrid.UpperEdge(cell) - PredictionGrid.UpperEdge(cell - 1) <= Math.Abs(value) / 32_768 || double.IsInfinity(PredictionGrid.UpperEdge(cell)) || double.IsInfinity(PredictionGrid.UpperEdge(cell - 1)));
        });

    [Fact]
    public void Cell_OfAnUpperEdge_IsItsOwn() =>
        Any.Select(PredictionGrid.Cell).Sample(cell =>
        {
            if (double.IsFinite(PredictionGrid.UpperEdge(cell)))
            {
                Assert.Equal(cell, PredictionGrid.Cell(PredictionGrid.UpperEdge(cell)));
                Assert.Equal(cell + 1, PredictionGrid.Cell(Math.BitIncrement(PredictionGrid.UpperEdge(cell))));
            }
        });

    [Fact]
    public void Cell_OfZero_HoldsNothingElse() =>
        Assert.Equal((0, 0, 1, -1), (PredictionGrid.Cell(0), PredictionGrid.Cell(-0.0), PredictionGrid.Cell(double.Epsilon), PredictionGrid.Cell(-double.Epsilon)));

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Cell_OfNoNumber_IsRefused(double value) => Assert.Throws<ArgumentOutOfRangeException>(() => PredictionGrid.Cell(value));

    [Fact]
    public void Freeze_Counts_AreWhatItsOwnBinsCount() =>
        Gen.Select(Any.Array[1, 300], Any.Array[0, 100]).Sample((frozen, later) =>
        {
            var bins = PredictionGrid.Freeze(Cells(frozen));
            var counts = new long[bins.Counts.Length];
            PredictionGrid.Rebin(Cells(later), bins.Edges, counts);

            Assert.Equal(Binned(bins, frozen), bins.Counts);
            Assert.Equal(Binned(bins, later), counts);
            Assert.All(bins.Edges, edge => Assert.True(double.IsFinite(edge)));
            Assert.Equal(bins.Edges.Order().Distinct(), bins.Edges);
        });

    [Fact]
    public void Freeze_ManyValues_EdgesAreTheDecilesOfTheGrid() =>
        Gen.Double[-1e6, 1e6].Array[200, 400].Sample(values =>
        {
            var edges = PredictionGrid.Freeze(Cells(values)).Edges;
            var sorted = values.Order().ToArray();

            Assert.Equal(9, edges.Length);
            for (var decile = 1; decile <= 9; decile++)
            {
                // The nearest-rank decile lies in the cell that the edge closes.
                var exact = sorted[(((decile * sorted.Length) + 9) / 10) - 1];
                Assert.Equal(PredictionGrid.UpperEdge(PredictionGrid.Cell(exact)), edges[decile - 1]);
            }
        });

    [Theory]
    [InlineData(4.999)]
    [InlineData(5.001)]
    [InlineData(-5)]
    [InlineData(0)]
    public void Freeze_AlwaysTheSameValue_LeavesItsBinToEitherSide(double moved)
    {
        var bins = PredictionGrid.Freeze(Cells([.. Enumerable.Repeat(5.0, 1_000)]));
        var index = new BinIndex(bins);

        Assert.NotEqual(index.Of(5.0), index.Of(moved));
    }

    private static Dictionary<int, long> Cells(double[] values) => values.CountBy(PredictionGrid.Cell).ToDictionary(one => one.Key, one => (long)one.Value);

    private static long[] Binned(FeatureBins bins, double[] values)
    {
        var (index, counts) = (new BinIndex(bins), new long[bins.Counts.Length]);
        foreach (var value in values)
        {
            counts[index.Of(value)]++;
        }

        return counts;
    }
}
