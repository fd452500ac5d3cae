using System.Collections.Immutable;
using MlOps.Models;
using MlOps.Predictions;
using Xunit;

namespace MlOps.Tests.Predictions;

public sealed class OutputReadingTests
{
    private static readonly OutputSpec Binary =
        new(ModelTask.Classification, "label", ["0", "1"], ["p"], [], 2, false, ScoreKind.Probability, ["no", "yes"], null, []);

    [Fact]
    public void Regression_IsTheValue()
    {
        var prediction = Read(Signatures.Regression, null, -2.5);

        Assert.Equal((null, -2.5, true), (prediction.Label, prediction.Value, prediction.Probabilities.IsDefault));
    }

    [Theory]
    [InlineData(0L, "no")]
    [InlineData(1L, "yes")]
    public void Label_OfTheGraph_WinsOverTheLargerProbability(long label, string expected)
    {
        var prediction = Read(Binary, label, 0.2, 0.8);

        Assert.Equal(expected, prediction.Label);
        Assert.Equal([0.2, 0.8], prediction.Probabilities);
        Assert.Null(prediction.Value);
    }

    [Fact]
    public void Label_AsText_IsRenamedToItsClass() =>
        Assert.Equal("stay", Read(Binary with { GraphLabels = ["b", "a"], Classes = ["go", "stay"] }, "a", 0.9, 0.1).Label);

    [Fact]
    public void Label_ThatIsNoClass_IsTheModelsFault()
    {
        Assert.Equal(ErrorCode.ModelError, Assert.Throws<MlOpsException>(() => Read(Binary, 7L, 0.2, 0.8)).Code);
        Assert.Equal(ErrorCode.ModelError, Assert.Throws<MlOpsException>(() => Read(Binary with { GraphLabels = ["a", "b"] }, "c", 0.2, 0.8)).Code);
    }

    [Theory]
    [InlineData(0.8, "yes")]
    [InlineData(0.81, "no")]
    public void Threshold_ReplacesTheLabel(double threshold, string expected) =>
        Assert.Equal(expected, Read(Binary with { Threshold = threshold }, 0L, 0.2, 0.8).Label);

    [Theory]
    [InlineData(0.5, 0.5, "no")]
    [InlineData(0.4, 0.6, "yes")]
    public void Probabilities_WithoutLabel_TheFirstOfTheLargest(double no, double yes, string expected) =>
        Assert.Equal(expected, Read(Binary with { Label = null, GraphLabels = [] }, null, no, yes).Label);

    [Theory]
    [InlineData(0.49, "no")]
    [InlineData(0.5, "yes")]
    public void Probability_SingleColumn_IsOfTheSecondClass(double score, string expected)
    {
        var prediction = Read(Binary with { Label = null, GraphLabels = [], ScoreWidth = 1 }, null, score);

        Assert.Equal(expected, prediction.Label);
        Assert.Equal([1 - score, score], prediction.Probabilities);
    }

    [Theory]
    [InlineData(2.0, 0.88079707797788)]
    [InlineData(-2.0, 0.11920292202212)]
    [InlineData(0.0, 0.5)]
    [InlineData(-800.0, 0.0)]
    [InlineData(800.0, 1.0)]
    public void Logit_SingleColumn_IsTheSigmoid(double score, double expected)
    {
        var prediction = Read(Binary with { Label = null, GraphLabels = [], ScoreWidth = 1, Kind = ScoreKind.Logit }, null, score);

        Assert.Equal(expected, prediction.Probabilities[1], 12);
        Assert.Equal(1, prediction.Probabilities[0] + prediction.Probabilities[1], 12);
        Assert.Equal(expected >= 0.5 ? "yes" : "no", prediction.Label);
    }

    [Fact]
    public void Logits_Opposite_AreTheSigmoidOfTheSecond() =>
        Assert.Equal(0.88079707797788, Read(Binary with { Kind = ScoreKind.Logit, Opposite = true }, 1L, -2.0, 2.0).Probabilities[1], 12);

    [Fact]
    public void Logits_Several_AreTheirSoftmax()
    {
        var three = Binary with { Label = null, GraphLabels = [], ScoreWidth = 3, Kind = ScoreKind.Logit, Classes = ["a", "b", "c"] };
        var prediction = Read(three, null, 1000.0, 1001.0, 999.0);

        Assert.Equal("b", prediction.Label);
        Assert.Equal([0.2447284711, 0.6652409558, 0.0900305732], prediction.Probabilities.Select(one => Math.Round(one, 10)));
    }

    [Fact]
    public void Margins_SayNothingButTheLabel()
    {
        var prediction = Read(Binary with { Kind = ScoreKind.Margin }, 1L, 5.0, -7.0);

        Assert.Equal(("yes", null, true), (prediction.Label, prediction.Value, prediction.Probabilities.IsDefault));
    }

    [Fact]
    public void Label_Alone_HasNoProbabilities() =>
        Assert.Equal("yes", Read(Binary with { Kind = ScoreKind.None, Scores = [], ScoreWidth = 0 }, 1L).Label);

    [Fact]
    public void Anomaly_IsTheLabelWithItsScore()
    {
        var spec = new OutputSpec(ModelTask.Anomaly, "label", ["-1", "1"], ["scores"], [], 1, false, ScoreKind.Value, ["-1", "1"], null, []);
        var prediction = Read(spec, -1L, -0.25);

        Assert.Equal(("-1", -0.25, true), (prediction.Label, prediction.Value, prediction.Probabilities.IsDefault));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void Score_ThatIsNotFinite_IsRefused(double score) =>
        Assert.Equal(ErrorCode.OutputNotFinite, Assert.Throws<MlOpsException>(() => Read(Signatures.Regression, null, score)).Code);

    private static Prediction Read(OutputSpec output, object? label, params ImmutableArray<double> scores)
    {
        var batch = new PredictionBatch(Signatures.Plan(output, null, Feature.Number("x")));
        batch.Resize(2);
        scores.CopyTo(batch.Outputs.Scores, output.ScoreWidth);
        switch (label)
        {
            case long integer: batch.Outputs.IntegerLabels[1] = integer; break;
            case string text: batch.Outputs.TextLabels[1] = text; break;
        }

        return batch.Read(1);
    }
}
