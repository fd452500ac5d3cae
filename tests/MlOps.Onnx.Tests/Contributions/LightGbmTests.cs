using MlOps.Contributions;
using Xunit;

namespace MlOps.Tests.Contributions;

/// <summary>Contributions beside LightGBM's own, on models trained here.</summary>
public sealed class LightGbmTests
{
    private const int Columns = 8;
    private const int Rows = 3_000;
    private const int Explained = 300;
    private const string Common = "num_leaves=31 learning_rate=0.1 min_data_in_leaf=5 num_threads=1 deterministic=true force_row_wise=true seed=5 verbosity=-1";

    [Theory]
    [InlineData("objective=binary", 1, false)]
    [InlineData("objective=binary", 1, true)]
    [InlineData("objective=regression", 1, true)]
    [InlineData("objective=multiclass num_class=3", 3, true)]
    public void Contributions_AreLightGbmsOwn(string objective, int classes, bool missing)
    {
        var random = new Random(19);
        var rows = Enumerable.Range(0, Rows * Columns).Select(at => missing && at % Columns < 3 && random.Next(8) == 0 ? double.NaN : Math.Round(random.NextDouble() * 20, 1)).ToArray();
        var labels = Enumerable.Range(0, Rows).Select(row => Label(rows.AsSpan(row * Columns, Columns), classes, objective)).ToArray();
        using var trained = LightGbm.Train(rows, labels, Columns, 60, $"{objective} {Common}");
        var asked = rows[..(Explained * Columns)];

        var explainer = new TreeExplainer(LightGbmEnsemble.Of(LightGbmTree.Parse(trained.Text), Columns, classes), [.. Enumerable.Range(0, Columns)], Columns);

        var expected = trained.Contributions(asked, classes);
        var scale = expected.Max(Math.Abs);
        for (var target = 0; target < classes; target++)
        {
            var found = new double[Explained * Columns];
            explainer.Explain(asked, Explained, target, found);
            for (var row = 0; row < Explained; row++)
            {
                var own = expected.AsSpan(((row * classes) + target) * (Columns + 1), Columns + 1);
                for (var column = 0; column < Columns; column++)
                {
                    Assert.InRange(found[(row * Columns) + column] - own[column], -1e-9 * scale, 1e-9 * scale);
                }

                Assert.InRange(explainer.Bias(target) - own[Columns], -1e-9 * scale, 1e-9 * scale);
            }
        }
    }

    private static float Label(ReadOnlySpan<double> row, int classes, string objective)
    {
        var score = (double.IsNaN(row[0]) ? 5 : row[0]) + (row[3] * row[4] / 10) - (double.IsNaN(row[1]) ? 0 : row[1]) + (row[5] > 11 ? 6 : 0);
        return objective.StartsWith("objective=regression", StringComparison.Ordinal) ? (float)score : classes == 1 ? (score > 12 ? 1 : 0) : score < 8 ? 0 : score < 16 ? 1 : 2;
    }
}
