using MlOps.Models;
using Xunit;

namespace MlOps.Tests.Models.Registration;

/// <summary>The outputs and classes that a refusal prints are right as they stand.</summary>
public sealed class PrintedOutputsTests
{
    [Fact]
    public void ScoresThatAreNeverFinite_BesideOthers_AreListedAsSuch()
    {
        var refused = Stub().Label("label", row => row[0] > 0 ? 1 : 0, 0, 1).Value("nan", _ => double.NaN).Value("d", row => row[0]).Refuse();

        Assert.Equal(ErrorCode.OutputAmbiguous, refused.Code);
        Assert.Contains("'nan' is never finite", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"task\": \"regression\"}", ErrorCode.SeveralTargets)]
    [InlineData("{\"outputs\": {\"kind\": \"value\"}}", ErrorCode.SeveralTargets)]
    public void ColumnsThatAreNeverFinite_UnderRegression_AreSeveralTargets(string metadata, ErrorCode code) =>
        Assert.Equal(code, Stub().Scores("m", _ => [double.NaN, double.NaN]).Refuse(metadata).Code);

    [Fact]
    public void AnomalyColumnsThatAreNeverFinite_AreRefused() =>
        Assert.Equal(ErrorCode.InvalidMetadata, Stub().Label("label", _ => -1).Scores("m", _ => [double.NaN, double.NaN]).Refuse("""{"task": "anomaly"}""").Code);

    [Fact]
    public void Anomaly_WithSeveralScores_PrintsALineThatFits() =>
        Assert.Equal(
            ["a"], Stub().Label("label", row => row[0] > 0 ? 1 : -1).Value("a", row => row[0]).Value("b", row => -row[0]).AcceptPasted("""{"task": "anomaly"}""", null, "outputs").Signature.Output.Scores);

    [Theory]
    [InlineData("task", ModelTask.Anomaly)]
    [InlineData("outputs classes", ModelTask.Classification)]
    public void LabelsOfAnAnomalyDetector_EitherReadingIsPrinted(string keys, ModelTask task) =>
        Assert.Equal(task, Stub().Label("label", row => row[0] > 0 ? 1 : -1).Value("score", row => row[0]).AcceptPasted(null, null, keys.Split(' ')).Signature.Output.Task);

    [Fact]
    public void ScoresBesideALabel_KindsThatCannotBe_AreNotPrinted()
    {
        var stub = Stub().Label("label", row => row[0] > 0 ? 3 : 1, 0, 1, 2, 3).Scores("ovo", row => [1, 2, 3, 4, 5, row[0]]);

        Assert.Equal(ScoreKind.Margin, stub.AcceptPasted(null, null, "outputs").Signature.Output.Kind);
    }

    [Fact]
    public void SeveralScoresBesideALabel_PrintKindsThatFit() =>
        Assert.Equal(
            ScoreKind.Margin,
            Stub().Label("label", row => row[0] > 0 ? 2 : 1, 0, 1, 2).Value("a", _ => 0.5).Value("b", row => row[0]).AcceptPasted(null, null, "outputs").Signature.Output.Kind);

    [Fact]
    public void ColumnsOfUnknownClasses_ThatAddUp_AreProposedTogether()
    {
        var stub = Stub().Label("label", row => row[0] > 0 ? "b" : "a").Value("sa", row => row[0] > 0 ? 0.2 : 0.9).Value("sb", row => row[0] > 0 ? 0.8 : 0.1);

        var output = stub.AcceptPasted("""{"target": "t"}""", "x,t\n1,b\n-1,a\n2,b\n", "outputs", "classes").Signature.Output;

        Assert.Equal(["sa", "sb"], output.Scores);
        Assert.Equal(["a", "b"], output.Classes);
    }

    [Fact]
    public void SeveralWideOutputs_PrintNoValueOfSeveralColumns()
    {
        var stub = Stub().Scores("a", row => [row[0], row[0] + 1]).Scores("b", _ => [0.25, 0.75]);
        var refused = stub.Refuse("""{"target": "t"}""", "x,t\n1,b\n-1,a\n2,b\n");

        Assert.DoesNotContain(PrintedLines.Of(refused, "outputs"), line => line["kind"]!.GetValue<string>() == "value");
        Assert.Equal(ScoreKind.Logit, stub.AcceptPasted("""{"target": "t"}""", "x,t\n1,b\n-1,a\n2,b\n", "outputs", "classes").Signature.Output.Kind);
    }

    [Fact]
    public void MarginOfAClassifierNode_WithClasses_AsksForItsKind()
    {
        var stub = Stub().Value("m", row => 5 * row[0], fromNode: true);

        Assert.DoesNotContain("1 classes", stub.Refuse("""{"classes": ["no", "yes"]}""").Message, StringComparison.Ordinal);
        Assert.Equal(ScoreKind.Logit, stub.AcceptPasted("""{"classes": ["no", "yes"]}""", null, "outputs").Signature.Output.Kind);
        Assert.Equal(ScoreKind.Logit, stub.AcceptPasted("""{"target": "t"}""", "x,t\n1,b\n-1,a\n2,b\n", "outputs", "classes").Signature.Output.Kind);
    }

    [Fact]
    public void ClassesOfTextLabels_AreAsManyAsTheColumns() =>
        Assert.Equal(
            3,
            PrintedLines.Of(Stub().Label("label", row => row[0] > 0 ? "b" : "a").Scores("p", _ => [0.2, 0.3, 0.5]).Refuse("""{"target": "t"}""", "x,t\n1,b\n-1,a\n2,b\n"), "classes")[0].AsArray().Count);

    [Fact]
    public void ClassesOfIntegerLabels_FromOne_AreTheTargets() =>
        Assert.Equal(
            ["1", "2", "3"],
            Stub().Label("label", row => (long)row[0]).AcceptPasted("""{"target": "t"}""", "x,t\n1,1\n2,2\n3,3\n2,2\n", "classes").Signature.Output.Classes);

    [Fact]
    public void Regression_OfSeveralColumns_SaysWhatToDrop() =>
        Assert.Contains("drop \"task\"", Stub().Scores("p", row => [row[0], 1]).Refuse("""{"task": "regression"}""").Message, StringComparison.Ordinal);

    private static StubModel Stub() => new StubModel().Input("x");
}
