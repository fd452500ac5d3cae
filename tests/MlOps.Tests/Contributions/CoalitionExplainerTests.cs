using MlOps.Contributions;
using Xunit;

namespace MlOps.Tests.Contributions;

public sealed class CoalitionExplainerTests
{
    private const int Unused = 2;

    private static readonly double[][] Background = [.. Rows(9, 14, seed: 1)];

    [Fact]
    public void FewFeatures_GetTheirShapleyValues()
    {
        var rows = Rows(3, 6, seed: 2).ToArray();
        var background = Background.Select(row => row[..6]).ToArray();
        var (found, bias) = Explain(6, rows, background, out var method);

        Assert.Equal(ContributionMethod.Enumerated, method);
        for (var row = 0; row < rows.Length; row++)
        {
            var expected = ShapleyValues.Of(6, known => background.Average(other => Function([.. Enumerable.Range(0, 6).Select(at => ((known >> at) & 1) == 1 ? rows[row][at] : other[at])])));
            for (var feature = 0; feature < 6; feature++)
            {
                Assert.Equal(expected[feature], found.Of(row, 0)[feature], 1e-9);
            }

            Assert.Equal(Function(rows[row]), found.Of(row, 0).ToArray().Sum() + bias, 1e-9);
        }
    }

    [Fact]
    public void ManyFeatures_AddUpExactly_AndLieWithinTheirErrors()
    {
        var rows = Rows(40, 14, seed: 3).ToArray();
        var (found, bias) = Explain(14, rows, Background, out var method);

        Assert.Equal(ContributionMethod.Sampled, method);
        var (within, all) = (0, 0);
        for (var row = 0; row < rows.Length; row++)
        {
            // The function looks at the first six only.
            var of = row;
            var expected = ShapleyValues.Of(6, known => Background.Average(other => Function([.. Enumerable.Range(0, 6).Select(at => ((known >> at) & 1) == 1 ? rows[of][at] : other[at])])));
            Assert.Equal(Function(rows[row]), found.Of(row, 0).ToArray().Sum() + bias, 1e-9);
            for (var feature = 0; feature < 14; feature++)
            {
                var (value, error) = (found.Of(row, 0)[feature], found.ErrorsOf(row, 0)[feature]);
                if (feature is >= 6 or Unused)
                {
                    Assert.Equal((0, 0), (value, error));
                    continue;
                }

                all++;
                within += Math.Abs(value - expected[feature]) <= (4 * error) + 1e-12 ? 1 : 0;
            }
        }

        Assert.InRange(within, all * 0.97, all);
    }

    [Fact]
    public void SameRow_IsExplainedAlike_WhereverItComes()
    {
        var rows = Rows(5, 14, seed: 4).ToArray();

        var (together, _) = Explain(14, rows, Background, out _);
        var (alone, _) = Explain(14, [rows[3]], Background, out _);

        Assert.Equal(alone.Of(0, 0).ToArray(), together.Of(3, 0).ToArray());
        Assert.Equal(alone.ErrorsOf(0, 0).ToArray(), together.ErrorsOf(3, 0).ToArray());
    }

    private static (BatchContributions Found, double Bias) Explain(int features, double[][] rows, double[][] background, out ContributionMethod method)
    {
        using var model = new FunctionModel(features, Function);
        var values = new GraphValues(
            new GraphScores(null), new ScoreReading(ScoreChoice.Only, ContributionSpace.Value), model.Signature, model, _ => throw new NotSupportedException("Nothing is cut."));
        using var explainer = CoalitionExplainer.Of(values, ContributionSpace.Value, FunctionModel.Rows(background), TestContext.Current.CancellationToken);
        using var batch = model.Batch(rows);
        var found = new BatchContributions();
        method = explainer.Method;
        found.Reset(rows.Length, 1, features, all: false, method == ContributionMethod.Sampled);
        explainer.Explain(batch, found, 0, rows.Length, TestContext.Current.CancellationToken);
        return (found, explainer.Bias(0));
    }

    private static IEnumerable<double[]> Rows(int count, int width, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, width).Select(_ => random.NextDouble() * 4).ToArray())];
    }

    private static double Function(double[] row) => (row[0] * row[1]) + Math.Sin(row[3]) - (row[4] * row[5] * row[0]) + (row[1] > 2 ? 3 : 0);
}
