using MlOps.Drift;
using Xunit;

namespace MlOps.Tests.Drift;

public sealed class FirstAnswersTests
{
    [Fact]
    public void Freeze_BelowAThousandRows_WaitsForMore()
    {
        var counts = new PredictionCounts();
        var counter = new PredictionCounter(DriftModels.Regression, null);
        counter.Add(counts, [.. Enumerable.Range(0, 999).Select(row => (double)row)]);

        Assert.Null(FirstAnswers.Freeze(DriftModels.Regression, counts));

        counter.Add(counts, [999.0]);
        var frozen = FirstAnswers.Freeze(DriftModels.Regression, counts);

        Assert.Equal(("first_answers", 1_000), (frozen!.Source, frozen.Rows));
        Assert.Equal(1_000, frozen.Bins.Counts.Sum());
        Assert.Equal(9, frozen.Bins.Edges.Length);
    }

    [Fact]
    public void Freeze_Classifier_HasTheClassesSeenByFrequency()
    {
        var output = DriftModels.Classifier("low", "never", "high");
        var counts = new PredictionCounts();
        new PredictionCounter(output, null).Add(counts, [.. Enumerable.Repeat(0, 300), .. Enumerable.Repeat(2, 700)]);

        var frozen = FirstAnswers.Freeze(output, counts)!;

        Assert.Equal(["high", "low"], frozen.Bins.Values.Select(value => value.ToString()));
        Assert.Equal([700, 300, 0, 0], frozen.Bins.Counts);
        Assert.Equal([700, 300, 0, 0], counts.In(frozen, output));
    }

    // Counts grow by more than they need: there may be more of them than classes.
    [Fact]
    public void Freeze_ClassifierThatIsStillCounted_HasItsClassesAlone()
    {
        var output = DriftModels.Classifier("low", "mean", "high");
        var counts = new PredictionCounts();
        new PredictionCounter(output, null).Add(counts, [.. Enumerable.Repeat(0, 300), .. Enumerable.Repeat(1, 300), .. Enumerable.Repeat(2, 400)]);

        Assert.True(counts.Classes.Length > output.Classes.Length);
        Assert.Equal(["high", "low", "mean"], FirstAnswers.Freeze(output, counts)!.Bins.Values.Select(value => value.ToString()));
    }

    [Fact]
    public void In_ReferenceThatCameLater_LeavesOutWhatWasCountedBefore()
    {
        var counts = new PredictionCounts();
        var first = Frozen([.. Enumerable.Range(0, 1_000).Select(row => row / 3.0)]);
        var reference = new PredictionBins("reference", 100, FeatureBinning.Freeze(MlOps.Models.FeatureType.Numeric, [.. Enumerable.Range(0, 100).Select(row => row * 2.0)]), null, null);
        new PredictionCounter(DriftModels.Regression, null).Add(counts, [1.0, 2.0]);
        new PredictionCounter(DriftModels.Regression, first).Add(counts, [3.0, 4.0, 5.0]);
        new PredictionCounter(DriftModels.Regression, reference).Add(counts, [6.0]);

        Assert.Equal(6, counts.Rows);
        Assert.Equal(5, counts.In(first, DriftModels.Regression).Sum());
        Assert.Equal(1, counts.In(reference, DriftModels.Regression).Sum());
    }

    private static PredictionBins Frozen(double[] values)
    {
        var counts = new PredictionCounts();
        new PredictionCounter(DriftModels.Regression, null).Add(counts, values);
        return FirstAnswers.Freeze(DriftModels.Regression, counts)!;
    }
}
