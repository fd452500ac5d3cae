using System.Text;
using CsCheck;
using MlOps.Drift;
using MlOps.Models;
using Xunit;

namespace MlOps.Tests.Drift;

public sealed class FeatureBinningTests
{
    private static readonly Gen<double> Cell = Gen.Frequency(
        (8, Gen.Double[-1000, 1000]), (3, Gen.Int[-30, 30].Select(whole => whole / 2.0)), (1, Gen.Const(double.NaN)));

    [Fact]
    public void Freeze_ManyNumbers_EdgesAreTheInterpolatedDeciles() =>
        Cell.Array[30, 400].Sample(column =>
        {
            var bins = FeatureBinning.Freeze(FeatureType.Numeric, column);
            if (bins.ByValue)
            {
                Assert.True(column.Where(double.IsFinite).Distinct().Count() <= FeatureBinning.MostDistinctForValues);
                return;
            }

            var sorted = column.Where(value => !double.IsNaN(value)).Order().ToArray();
            var edges = new SortedSet<double>();
            for (var decile = 1; decile <= 9; decile++)
            {
                var position = decile * (sorted.Length - 1) / 10m;
                var below = (int)decimal.Floor(position);
                var above = Math.Min(below + 1, sorted.Length - 1);
                edges.Add((double)((decimal)sorted[below] + (((decimal)sorted[above] - (decimal)sorted[below]) * (position - below))));
            }

            Assert.All(bins.Edges, edge => Assert.Contains(edges, expected => Math.Abs(expected - edge) < 1e-9));
            Assert.All(edges, expected => Assert.Contains(bins.Edges, edge => Math.Abs(expected - edge) < 1e-9));
            Assert.Equal(bins.Edges.Order().Distinct(), bins.Edges);
        });

    [Fact]
    public void Index_AnyNumber_IsTheNumberOfEdgesStrictlyBelow() =>
        Gen.Select(Cell.Array[30, 400], Cell).Sample((column, value) =>
        {
            var bins = FeatureBinning.Freeze(FeatureType.Numeric, column);
            if (bins.ByValue)
            {
                return;
            }

            var index = new BinIndex(bins);
            foreach (var one in bins.Edges.Append(value))
            {
                Assert.Equal(double.IsNaN(one) ? bins.Edges.Length + 1 : bins.Edges.Count(edge => edge < one), index.Of(one));
            }
        });

    [Fact]
    public void Freeze_AnyColumn_CountsEveryRowOnceWhereTheIndexPutsIt() =>
        Cell.Array[0, 400].Sample(column =>
        {
            var bins = FeatureBinning.Freeze(FeatureType.Numeric, column);
            var index = new BinIndex(bins);
            var counts = new long[bins.Counts.Length];
            foreach (var value in column)
            {
                counts[index.Of(value)]++;
            }

            Assert.Equal(bins.Counts, counts);
        });

    [Fact]
    public void Freeze_CategoricalTexts_RanksByCountThenOrdinalText()
    {
        var bins = FeatureBinning.Freeze(FeatureType.Categorical, (string?[])["b", "a", "B", "c", "c", null, "a", "b"]);

        Assert.Equal(["a", "b", "c", "B"], bins.Values.Select(value => value.ToString()));
        Assert.Equal([2, 2, 2, 1, 1, 0], bins.Counts);
        Assert.False(bins.HasOther);
    }

    [Fact]
    public void Index_CategoricalTexts_TellsKnownRarerUnseenAndMissing()
    {
        string?[] column = [.. Enumerable.Range(0, 60).SelectMany(value => Enumerable.Repeat($"v{value:00}", 60 - value))];
        var bins = FeatureBinning.Freeze(FeatureType.Categorical, column);
        var index = new BinIndex(bins);

        Assert.Equal(FeatureBinning.MostValues, bins.Values.Length);
        Assert.Equal(10, bins.Rarer.Length);
        Assert.True(bins.HasOther);
        Assert.Equal(0, index.Of("v00"u8));
        Assert.Equal(49, index.Of("v49"u8));
        Assert.Equal(51, index.Of("v50"u8));
        Assert.Equal(51 | BinIndex.Unseen, index.Of("new"u8));
        Assert.Equal(50, index.Missing);
    }

    [Fact]
    public void Freeze_MoreRarerValuesThanAreKept_SaysHighCardinality()
    {
        var fits = FeatureBinning.Freeze(FeatureType.Categorical, Names(FeatureBinning.MostValues + FeatureBinning.MostRarer));
        var more = FeatureBinning.Freeze(FeatureType.Categorical, Names(FeatureBinning.MostValues + FeatureBinning.MostRarer + 1));

        Assert.False(fits.HighCardinality);
        Assert.True(more.HighCardinality);
        Assert.Equal(FeatureBinning.MostRarer, more.Rarer.Length);
        Assert.Equal(FeatureBinning.MostRarer + 1, more.Counts[^1]);

        static string?[] Names(int count) => [.. Enumerable.Range(0, count).Select(one => $"n{one}")];
    }

    [Theory]
    [InlineData(20, true)]
    [InlineData(21, false)]
    public void Freeze_Numbers_HaveABinEachUpToTwentyDifferent(int different, bool byValue)
    {
        var column = Enumerable.Range(0, 200).Select(row => (double)(row % different)).ToArray();

        Assert.Equal(byValue, FeatureBinning.Freeze(FeatureType.Numeric, column).ByValue);
    }

    [Fact]
    public void Freeze_NothingButMissing_HasOnlyThatBin()
    {
        var bins = FeatureBinning.Freeze(FeatureType.Numeric, [double.NaN, double.NaN]);
        var index = new BinIndex(bins);

        Assert.Empty(bins.Values);
        Assert.Equal([2, 0], bins.Counts);
        Assert.Equal(1 | BinIndex.Unseen, index.Of(3.0));
    }

    [Fact]
    public void Freeze_Booleans_AreFoundAsOneAndZero()
    {
        var bins = FeatureBinning.Freeze(FeatureType.Boolean, [1, 1, 0, double.NaN]);
        var index = new BinIndex(bins);

        Assert.Equal([Scalar.Of(true), Scalar.Of(false)], bins.Values);
        Assert.Equal((0, 1, 2), (index.Of(1.0), index.Of(0.0), index.Of(double.NaN)));
    }

    [Fact]
    public void Freeze_NumbersAndBooleansThatTheModelTakesAsTexts_AreBinnedByWhatTheySay()
    {
        string?[] numbers = [.. Enumerable.Range(0, 100).Select(one => $"{one}.5"), null];

        Assert.Equal(
            FeatureBinning.Freeze(FeatureType.Numeric, [.. Enumerable.Range(0, 100).Select(one => one + 0.5), double.NaN]).Edges.AsEnumerable(),
            FeatureBinning.Freeze(FeatureType.Numeric, numbers).Edges);
        Assert.Equal([Scalar.Of(true), Scalar.Of(false)], FeatureBinning.Freeze(FeatureType.Boolean, (string?[])["True", "true", "FALSE"]).Values);
    }

    [Fact]
    public void Freeze_FreeText_CountsLengths()
    {
        var bins = FeatureBinning.Freeze(FeatureType.Text, (string?[])["abc", "xyz", "longer", null]);

        Assert.Equal([Scalar.Of(3L), Scalar.Of(6L)], bins.Values);
        Assert.Equal([2, 1, 1, 0], bins.Counts);
    }

    [Fact]
    public void Index_DomainValueSpelledOtherwise_IsFoundAsNumber()
    {
        var index = new BinIndex(FeatureBinning.Freeze(FeatureType.Categorical, [1.0, 1.0, 2.0]));

        Assert.Equal(1, index.OfDomain("2.0"u8));
        Assert.Equal(3 | BinIndex.Unseen, index.OfDomain(Encoding.UTF8.GetBytes("two")));
    }
}
