using CsCheck;
using MlOps.Contributions;
using Xunit;

namespace MlOps.Tests.Contributions;

public sealed class TreeExplainerTests
{
    private const double Tolerance = 1e-9;

    private static readonly Gen<SampleEnsemble> Plain = SampleEnsemble.Any(columns: 6, players: 6, depth: 5, trees: 3, targets: 2);

    // Several columns of one feature, as one-hot encoders leave them.
    private static readonly Gen<SampleEnsemble> Encoded = SampleEnsemble.Any(columns: 9, players: 4, depth: 5, trees: 3, targets: 2);
    private static readonly Gen<SampleEnsemble> Ensembles = Gen.OneOf(Plain, Encoded);

    [Fact]
    public void Contributions_AreShapleyValuesOfTheCoverGame() => Ensembles.Sample(sample =>
    {
        var explained = sample.Explain();
        for (var target = 0; target < sample.Ensemble.Targets; target++)
        {
            Same(ShapleyValues.Of(sample.Features, known => sample.Expected(known, target)), explained.Of(target));
        }
    }, iter: 600);

    [Fact]
    public void Contributions_AddUpToTheScore() => Gen.OneOf(
        SampleEnsemble.Any(columns: 40, players: 40, depth: 40, trees: 2, targets: 1), SampleEnsemble.Any(columns: 60, players: 20, depth: 40, trees: 2, targets: 1)).Sample(
        sample =>
        {
            var explained = sample.Explain();
            var score = sample.Ensemble.Score(sample.Row)[0];
            Assert.Equal(score, explained.Of(0).Sum() + explained.Bias(0), Tolerance * (1 + Math.Abs(score)));
        },
        iter: 300);

    [Fact]
    public void UnusedFeature_GetsNothing() => Ensembles.Sample(sample =>
    {
        var used = sample.Ensemble.Trees.SelectMany(tree => tree.Nodes).Where(node => node.Split is not null).Select(node => sample.Players[node.Split!.Column]).ToHashSet();
        var explained = sample.Explain();
        for (var target = 0; target < sample.Ensemble.Targets; target++)
        {
            Assert.All(Enumerable.Range(0, sample.Features).Where(feature => !used.Contains(feature)), feature => Assert.Equal(0, explained.Of(target)[feature]));
        }
    });

    /// <summary>Two features are alike where every tree is there again with them exchanged, and the row has the same value for both.</summary>
    [Fact]
    public void FeaturesThatAreAlike_GetTheSame() => Plain.Sample(sample =>
    {
        var alike = sample with
        {
            Ensemble = sample.Ensemble with { Trees = [.. sample.Ensemble.Trees, .. sample.Exchanged(0, 1).Ensemble.Trees] },
            Row = [sample.Row[0], sample.Row[0], .. sample.Row[2..]],
        };

        var explained = alike.Explain();

        for (var target = 0; target < alike.Ensemble.Targets; target++)
        {
            Assert.Equal(explained.Of(target)[0], explained.Of(target)[1], Tolerance);
        }
    });

    [Fact]
    public void RowsAfterRows_AllocateNothing() => SampleEnsemble.Any(columns: 9, players: 4, depth: 12, trees: 5, targets: 1).Sample(
        sample =>
        {
            const int rows = 20;
            var explainer = new TreeExplainer(sample.Ensemble, sample.Players, sample.Features);
            double[] read = [.. Enumerable.Repeat(sample.Row, rows).SelectMany(row => row)];
            var contributions = new double[rows * sample.Features];
            explainer.Explain(read, rows, 0, contributions);

            var before = GC.GetAllocatedBytesForCurrentThread();
            explainer.Explain(read, rows, 0, contributions);

            Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        },
        iter: 20,
        threads: 1);

    [Fact]
    public void Ensembles_Add() => Gen.OneOf(Gen.Select(Plain, Plain), Gen.Select(Encoded, Encoded)).Sample((one, other) =>
    {
        var both = one with { Ensemble = one.Ensemble with { Trees = [.. one.Ensemble.Trees, .. other.Ensemble.Trees] } };
        var alone = (one with { Ensemble = other.Ensemble with { Scale = one.Ensemble.Scale } }).Explain();
        Same(one.Explain().Of(0).Zip(alone.Of(0), (first, second) => first + second).ToArray(), both.Explain().Of(0));
    });

    [Theory]
    [InlineData(8)]
    [InlineData(16)]
    [InlineData(24)]
    public void Rule_IsExactForPolynomials(int points)
    {
        var (at, weights) = GaussLegendre.Of(points);
        for (var degree = 0; degree < 2 * points; degree++)
        {
            Assert.Equal(1.0 / (degree + 1), at.Zip(weights, (point, weight) => weight * Math.Pow(point, degree)).Sum(), 1e-14);
        }
    }

    private static void Same(double[] expected, double[] actual)
    {
        var scale = 1 + expected.Max(Math.Abs);
        Assert.Equal(expected.Length, actual.Length);
        for (var feature = 0; feature < expected.Length; feature++)
        {
            Assert.Equal(expected[feature], actual[feature], Tolerance * scale);
        }
    }
}
