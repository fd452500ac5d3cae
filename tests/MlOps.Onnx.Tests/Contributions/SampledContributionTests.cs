using System.Collections.Immutable;
using MlOps.Contributions;
using MlOps.Models;
using MlOps.Predictions;
using MlOps.Tests.Registration;
using Xunit;

namespace MlOps.Tests.Contributions;

/// <summary>Sampled contributions of networks beside every coalition run over the same background.</summary>
public sealed class SampledContributionTests
{
    private const int Enumerated = 12;
    private const int Rows = 25;

    [Theory]
    [InlineData("churn_mlp_zipmap_int")]
    [InlineData("torch_hmda_sigmoid")]
    public void SampledValues_LieWithinTheirErrors(string name)
    {
        var folder = new FixtureFolder(name);
        using var model = folder.Register(folder.MetadataText);
        using var batch = model.Run([.. folder.Expected.GetProperty("inputs").EnumerateArray().Take(Rows)]);
        var basis = model.Checked.Contributions!;
        var (within, all) = (0, 0);
        for (var row = 0; row < Rows; row++)
        {
            var players = MostSpread(basis.Background);
            var background = Held(model, basis.Background, row, players);
            var expected = Enumerate(model, background, batch, row, players);

            var found = new BatchContributions();
            found.Reset(Rows, 1, model.Signature.Features.Length, all: false, sampled: true);
            using var explainer = new SampledExplainer(model.Values(), basis.Reading.Space, background, CancellationToken.None);
            explainer.Explain(batch, found, row, 1, CancellationToken.None);

            Assert.All(Enumerable.Range(0, found.Features).Except(players), other => Assert.Equal(0, found.Of(row, 0)[other]));
            for (var player = 0; player < players.Length; player++)
            {
                var (value, error) = (found.Of(row, 0)[players[player]], found.ErrorsOf(row, 0)[players[player]]);
                all++;
                within += Math.Abs(value - expected[player]) <= (4 * error) + 1e-5 ? 1 : 0;
            }
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{within} of {all} within 4 standard errors");
        Assert.InRange(within, Math.Ceiling(0.99 * all), all);
    }

    // Features with the most different values, the first of equals.
    private static int[] MostSpread(ImmutableArray<ImmutableArray<Scalar>> background) =>
        [.. Enumerable.Range(0, background[0].Length).OrderByDescending(feature => background.Select(row => row[feature].ToString()).Distinct().Count()).Take(Enumerated)];

    // The other features are the row's own everywhere: they are no players then.
    private static ImmutableArray<ImmutableArray<Scalar>> Held(UnderstoodModel model, ImmutableArray<ImmutableArray<Scalar>> background, int row, int[] players) =>
        [.. background.Select(other => Enumerable.Range(0, other.Length).Select(feature => players.Contains(feature) ? other[feature] : model.Sent(row, feature)).ToImmutableArray())];

    private static double[] Enumerate(UnderstoodModel model, ImmutableArray<ImmutableArray<Scalar>> background, PredictionBatch batch, int row, int[] players)
    {
        using var values = model.Values();
        using var mixed = new PredictionBatch(values.Plan);
        mixed.Resize(background.Length);
        var scores = new double[background.Length];
        return ShapleyValues.Of(players.Length, known =>
        {
            for (var other = 0; other < background.Length; other++)
            {
                for (var feature = 0; feature < background[other].Length; feature++)
                {
                    _ = mixed.Set(other, feature, background[other][feature]);
                }

                for (var player = 0; player < players.Length; player++)
                {
                    if (((known >> player) & 1) == 1)
                    {
                        mixed.CopyFeature(batch, row, players[player], other);
                    }
                }
            }

            values.Run(mixed, scores, CancellationToken.None);
            return scores.Average();
        });
    }
}
