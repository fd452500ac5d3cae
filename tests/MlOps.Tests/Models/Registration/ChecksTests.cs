using System.Text.Json;
using MlOps.Models;
using Xunit;

namespace MlOps.Tests.Models.Registration;

public sealed class ChecksTests
{
    private const string Csv = "a,b,t\n-2,2,y\n-3,1,y\n2,-2,n\n3,-1,n\n";

    [Fact]
    public void WorseThanTheShares_IsAWarning()
    {
        var warnings = Classifier(row => row[1]).Accept("""{"target": "t"}""", Csv).Warnings();
        Assert.DoesNotContain("log loss", warnings, StringComparison.Ordinal);
        Assert.DoesNotContain("accuracy", warnings, StringComparison.Ordinal);

        warnings = Classifier(row => row[0]).Accept("""{"target": "t"}""", Csv).Warnings();
        Assert.Contains("log loss", warnings, StringComparison.Ordinal);
        Assert.Contains("accuracy", warnings, StringComparison.Ordinal);
    }

    [Fact]
    public void WorseThanTheMean_IsAWarning()
    {
        const string Rows = "x,t\n1,1\n2,2\n3,3\n";
        Assert.DoesNotContain("R²", Value(row => row[0] * 1.1).Accept("""{"target": "t"}""", Rows).Warnings(), StringComparison.Ordinal);
        Assert.Contains("R²", Value(row => 4 - row[0]).Accept("""{"target": "t"}""", Rows).Warnings(), StringComparison.Ordinal);
    }

    [Fact]
    public void MadeUpColumns_SpareTheWarningsOnTheTarget() =>
        Assert.DoesNotContain("R²", new StubModel().Input("x").Input("z").Value("y", row => 4 - row[0]).Accept("""{"target": "t"}""", "x,t\n1,1\n2,2\n3,3\n").Warnings(), StringComparison.Ordinal);

    [Theory]
    [InlineData("20000", true)]
    [InlineData("20001.9", true)]
    [InlineData("20003", false)]
    [InlineData("\"x\"", false)]
    public void RegressionExample_WithinATenThousandth(string expected, bool taken)
    {
        var stub = Value(row => 20_000 * row[0]);
        var metadata = $$"""{ "examples": [{"inputs": {"x": 1}, "prediction": {{expected}} }] }""";
        if (taken)
        {
            stub.Accept(metadata);
            return;
        }

        var refused = stub.Refuse(metadata);
        Assert.Equal(ErrorCode.ExamplesNotReproduced, refused.Code);
        Assert.Contains("20000", refused.Message, StringComparison.Ordinal);
        Assert.Contains(expected.Trim('"'), refused.Message, StringComparison.Ordinal);
        Assert.Equal("/metadata/examples/0", refused.Faults[0].Pointer);
    }

    [Theory]
    [InlineData("\"prediction\": \"n\"", true)]
    [InlineData("\"prediction\": \"y\"", false)]
    [InlineData("\"prediction\": \"m\"", false)]
    [InlineData("\"prediction\": \"n\", \"probabilities\": {\"n\": 0.5, \"y\": 0.5}", true)]
    [InlineData("\"prediction\": \"n\", \"probabilities\": {\"n\": 0.501}", false)]
    [InlineData("\"prediction\": \"n\", \"probabilities\": {\"m\": 0.5}", false)]
    public void ClassifierExample_ByLabelAndProbabilities(string expected, bool taken)
    {
        var stub = Classifier(row => row[0]);
        var metadata = $$"""{ "examples": [{"inputs": {"a": 0, "b": 1}, {{expected}} }] }""";
        if (taken)
        {
            stub.Accept(metadata);
        }
        else
        {
            Assert.Equal(ErrorCode.ExamplesNotReproduced, stub.Refuse(metadata).Code);
        }
    }

    [Theory]
    [InlineData("{\"c\": 1}", "no feature")]
    [InlineData("{\"x\": \"1\"}", "number")]
    public void Example_ThatCannotBeFed_IsRefused(string inputs, string said)
    {
        var refused = Value(row => row[0]).Refuse($$"""{ "examples": [{"inputs": {{inputs}}, "prediction": 1}] }""");

        Assert.Equal(ErrorCode.InvalidMetadata, refused.Code);
        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MissingOrCategorical_WithoutExamples_IsAWarning()
    {
        const string Rows = "x,t\n1,1\n,2\n3,3\n";
        const string Said = "without examples";
        Assert.Contains(Said, Value(row => 1).Accept("""{"target": "t"}""", Rows).Warnings(), StringComparison.Ordinal);
        Assert.DoesNotContain(Said, Value(row => 1).Accept("""{"target": "t", "examples": [{"inputs": {"x": null}, "prediction": 1}]}""", Rows).Warnings(), StringComparison.Ordinal);
        Assert.DoesNotContain(Said, Value(row => 1).Accept().Warnings(), StringComparison.Ordinal);
    }

    [Fact]
    public void Preview_ShowsThreeRowsAndTheirAnswers()
    {
        var preview = JsonDocument.Parse(Classifier(row => row[0]).Accept("""{"target": "t"}""", Csv).Preview!).RootElement;

        Assert.Equal(3, preview.GetArrayLength());
        Assert.Equal(-2, preview[0].GetProperty("inputs").GetProperty("a").GetDouble());
        Assert.Equal("n", preview[0].GetProperty("prediction").GetString());
        Assert.Equal(["n", "y"], preview[0].GetProperty("probabilities").EnumerateObject().Select(one => one.Name));
    }

    [Fact]
    public void WithoutBaseline_ThereIsNoPreview_ButAnExample()
    {
        var model = Value(row => row[0]).Accept();

        Assert.Null(model.Preview);
        Assert.Null(model.Baseline);
        Assert.Equal("{\"inputs\":{\"x\":0.1}}", model.ExampleRequest);
    }

    [Fact]
    public void Reference_IsWhatPredictionsAreComparedWith()
    {
        var prediction = Value(row => row[0]).Accept("""{"target": "t"}""", "x,t\n1,1\n2,2\n3,3\n", "x,t\n1,2\n2,2\n4,5\n").Baseline!.Prediction!;

        Assert.Equal(("reference", 3L), (prediction.Source, prediction.Rows));
        Assert.Equal(2.0 / 3, prediction.MeanAbsoluteError!.Value, 12);
        Assert.Null(prediction.Accuracy);
    }

    [Fact]
    public void Reference_OfAClassifier_TellsItsAccuracy()
    {
        var prediction = Classifier(row => row[1]).Accept("""{"target": "t"}""", Csv, Csv.Replace("-1,n", "-1,y", StringComparison.Ordinal)).Baseline!.Prediction!;

        Assert.Equal(0.75, prediction.Accuracy);
        Assert.Equal(["n", "y"], prediction.Bins.Values.Select(value => value.ToString()));
        Assert.Equal([2, 2], prediction.Bins.Counts.Take(2));
    }

    [Fact]
    public void Reference_ThatLacksAFeature_IsRefused() =>
        Assert.Equal(ErrorCode.InvalidBaseline, Value(row => row[0]).Refuse(null, "x\n1\n2\n3\n", "z\n1\n").Code);

    [Fact]
    public void Baseline_FreezesEveryFeature()
    {
        var baseline = Classifier(row => row[0]).Accept("""{"target": "t"}""", Csv).Baseline!;

        Assert.Equal(4, baseline.Rows);
        Assert.All(baseline.Features, bins => Assert.Equal(4, bins!.Counts.Sum()));
        Assert.Equal("training_labels", baseline.Prediction!.Source);
    }

    [Fact]
    public void Cancelled_Stops() =>
        Assert.ThrowsAny<OperationCanceledException>(() => MlOps.Models.Registration.ModelRegistration.Understand(
            Value(row => row[0]), new ModelUpload("", System.Collections.Immutable.ImmutableDictionary<string, string>.Empty, null, null, null, null), Registering.All, new CancellationToken(true)));

    private static StubModel Classifier(Func<StubRow, double> score) => new StubModel().Input("a").Input("b")
        .Label("label", row => score(row) > 0 ? "y" : "n", "n", "y")
        .Scores("p", row => [1 / (1 + Math.Exp(score(row))), 1 / (1 + Math.Exp(-score(row)))]);

    private static StubModel Value(Func<StubRow, double> value) => new StubModel().Input("x").Value("y", value);
}
