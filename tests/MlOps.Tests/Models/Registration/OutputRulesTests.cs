using MlOps.Models;
using Xunit;

namespace MlOps.Tests.Models.Registration;

public sealed class OutputRulesTests
{
    private const string Rows = "x,t\n-2,no\n-1,no\n1,yes\n2,yes\n";

    [Fact]
    public void OneFloatColumn_IsARegression()
    {
        var output = Stub().Value("y", row => row[0]).Accept().Signature.Output;

        Assert.Equal((ModelTask.Regression, ScoreKind.Value, 1), (output.Task, output.Kind, output.ScoreWidth));
    }

    [Theory]
    [InlineData(null, "x,t\n1,no\n2,yes\n3,no\n")]
    [InlineData(null, "x,t\n1,0\n2,1\n3,1\n")]
    [InlineData(null, "x,t\n1,True\n2,False\n3,True\n")]
    [InlineData("\"task\": \"classification\"", null)]
    [InlineData("\"classes\": [\"a\", \"b\"]", null)]
    public void OneFloatColumn_WhereSomethingSaysClassification_ProposesKindClassesAndRegression(string? said, string? baseline)
    {
        var refused = Stub().Value("y", row => row[0]).Refuse(Metadata(said, baseline), baseline);

        Assert.Equal(ErrorCode.OutputAmbiguous, refused.Code);
        Assert.Contains("""outputs": {"scores": "y", "kind": "logit"}""", refused.Message, StringComparison.Ordinal);
        Assert.Contains("\"task\": \"regression\"", refused.Message, StringComparison.Ordinal);
        Assert.Equal(said?.StartsWith("\"classes", StringComparison.Ordinal) != true, refused.Message.Contains("\"classes\": [", StringComparison.Ordinal));
    }

    [Fact]
    public void OneFloatColumn_TaskRegression_SettlesATwoValuedTarget() =>
        Assert.Equal(ModelTask.Regression, Stub().Value("y", row => row[0]).Accept("""{"target": "t", "task": "regression"}""", "x,t\n1,0\n2,1\n3,1\n").Signature.Output.Task);

    [Fact]
    public void ProbabilityColumn_ClassesAreEnough()
    {
        var model = Stub().Value("p", row => 1 / (1 + Math.Exp(-row[0])), fromNode: true);

        Assert.Equal(ErrorCode.OutputAmbiguous, model.Refuse().Code);
        Assert.Equal(ScoreKind.Probability, model.Accept("""{"classes": ["no", "yes"]}""").Signature.Output.Kind);
        Assert.Equal(ModelTask.Regression, model.Accept("""{"task": "regression"}""").Signature.Output.Task);
    }

    [Fact]
    public void ProbabilityColumn_ClassesAreNeverTheTargets() =>
        Assert.Equal(ErrorCode.OutputAmbiguous, Stub().Value("p", row => row[0] > 0 ? 0.8 : 0.2, fromNode: true).Refuse("""{"target": "t"}""", Rows).Code);

    [Fact]
    public void Columns_WithoutLabel_TakeTheTargetsSortedValues()
    {
        var output = Stub().Scores("p", Softmax).Accept("""{"target": "t"}""", Rows).Signature.Output;

        Assert.Equal(["no", "yes"], output.Classes);
        Assert.Equal(ScoreKind.Probability, output.Kind);
    }

    [Fact]
    public void Columns_WithoutLabelOrTarget_AskForClasses()
    {
        var refused = Stub().Scores("p", Softmax).Refuse();

        Assert.Equal(ErrorCode.ClassesUnknown, refused.Code);
        Assert.Contains("\"classes\": [\"<class 0>\", \"<class 1>\"]", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_OfAnotherWidthThanTheTargets_AskForClasses() =>
        Assert.Equal(ErrorCode.ClassesUnknown, Stub().Scores("p", _ => [0.2, 0.3, 0.5]).Refuse("""{"target": "t"}""", Rows).Code);

    [Theory]
    [InlineData(null, null, ErrorCode.SeveralTargets)]
    [InlineData("\"task\": \"regression\"", null, ErrorCode.SeveralTargets)]
    [InlineData("\"classes\": [\"a\", \"b\"]", null, ErrorCode.OutputAmbiguous)]
    [InlineData(null, Rows, ErrorCode.OutputAmbiguous)]
    public void ColumnsThatAreNoProbabilities_AreTargetsOrScores(string? said, string? baseline, ErrorCode code)
    {
        var refused = Stub().Scores("m", row => [row[0], -2 * row[0]]).Refuse(Metadata(said, baseline), baseline);

        Assert.Equal(code, refused.Code);
        Assert.Contains("\"kind\": \"logit\"", refused.Message, StringComparison.Ordinal);
        Assert.Contains("\"classes\": [", refused.Message, StringComparison.Ordinal);
        Assert.Contains("'m'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ProbabilityColumns_UnderRegression_AreSeveralTargets() =>
        Assert.Equal(ErrorCode.SeveralTargets, Stub().Scores("p", Softmax).Refuse("""{"task": "regression"}""").Code);

    [Theory]
    [InlineData(null, ErrorCode.SeveralTargets)]
    [InlineData("\"classes\": [\"a\", \"b\"]", ErrorCode.OutputAmbiguous)]
    public void SeveralFloatOutputs_AreListed(string? said, ErrorCode code)
    {
        var refused = Stub().Value("mean", row => row[0]).Value("std", row => row[0] * 2).Refuse(Metadata(said, null));

        Assert.Equal(code, refused.Code);
        Assert.Contains("'mean'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("""outputs": {"scores": "std", "kind": "value"}""", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SeveralFloatOutputs_OneNamed_IsTheValue_TheOtherIgnored()
    {
        var output = Stub().Value("mean", row => row[0]).Value("std", _ => 2).Accept("""{"outputs": {"scores": "mean"}}""").Signature.Output;

        Assert.Equal(["mean"], output.Scores);
        Assert.Equal(["std"], output.Ignored);
    }

    [Fact]
    public void LabelAndMargins_AreRefusedUntilKindIsSaid()
    {
        var stub = Stub().Label("label", row => row[0] > 0 ? 1 : 0, 0, 1).Scores("probabilities", row => [-row[0], row[0]]);

        var refused = stub.Refuse();

        Assert.Equal(ErrorCode.OutputAmbiguous, refused.Code);
        Assert.Contains("""outputs": {"kind": "logit"}""", refused.Message, StringComparison.Ordinal);
        Assert.True(stub.Accept("""{"outputs": {"kind": "logit"}}""").Signature.Output.Opposite);
        Assert.Equal(ScoreKind.Margin, stub.Accept("""{"outputs": {"kind": "margin"}}""").Signature.Output.Kind);
    }

    [Fact]
    public void LogitsThatAreNotOppositeInEveryRow_AreSoftmaxed() =>
        Assert.False(Stub().Label("label", row => row[0] > 0 ? 1 : 0, 0, 1).Scores("s", row => [-row[0], row[0] < 0 ? row[0] + 1e-3 : row[0]])
            .Accept("""{"outputs": {"kind": "logit"}}""").Signature.Output.Opposite);

    [Theory]
    [InlineData("[0.5, 0.6]", false)]
    [InlineData("[0.502, 0.503]", true)]
    [InlineData("[-0.1, 1.1]", false)]
    public void KindProbability_AgainstTheRuns_IsRefused(string shares, bool taken)
    {
        var values = System.Text.Json.JsonSerializer.Deserialize<double[]>(shares)!;
        var stub = Stub().Label("label", _ => 1, 0, 1).Scores("p", _ => values);
        const string Said = """{"outputs": {"kind": "probability"}}""";

        if (taken)
        {
            Assert.Equal(ScoreKind.Probability, stub.Accept(Said).Signature.Output.Kind);
            return;
        }

        Assert.Equal(ErrorCode.InvalidMetadata, stub.Refuse(Said).Code);
    }

    [Fact]
    public void OneScoreBesideALabel_OnlyFromANode_IsAProbability()
    {
        Assert.Equal(ScoreKind.Probability, Stub().Label("label", _ => 1, 0, 1).Value("p", _ => 0.3, fromNode: true).Accept().Signature.Output.Kind);
        Assert.Equal(ErrorCode.OutputAmbiguous, Stub().Label("label", _ => 1, 0, 1).Value("p", _ => 0.3).Refuse().Code);
    }

    [Fact]
    public void LabelsOfAnAnomalyDetector_ProposeTheTask()
    {
        var stub = Stub().Label("label", row => row[0] > 0 ? 1 : -1).Value("scores", row => row[0]);

        var refused = stub.Refuse();

        Assert.Equal(ErrorCode.OutputAmbiguous, refused.Code);
        Assert.Contains("\"task\": \"anomaly\"", refused.Message, StringComparison.Ordinal);
        var output = stub.Accept("""{"task": "anomaly"}""").Signature.Output;
        Assert.Equal((ModelTask.Anomaly, 1), (output.Task, output.ScoreWidth));
        Assert.Equal(["-1", "1"], output.Classes);
        Assert.Equal(ModelTask.Classification, stub.Accept("""{"outputs": {"kind": "margin"}, "classes": ["-1", "1"]}""").Signature.Output.Task);
    }

    [Fact]
    public void Anomaly_WithoutLabel_IsRefused() => Assert.Equal(ErrorCode.InvalidMetadata, Stub().Value("s", row => row[0]).Refuse("""{"task": "anomaly"}""").Code);

    [Fact]
    public void SeveralLabels_TheOneCalledSo_ElseAsked()
    {
        Assert.Equal("output_label", Stub().Label("leaf", _ => 3).Label("output_label", _ => 1, 0, 1).Accept().Signature.Output.Label);
        var refused = Stub().Label("first", _ => 1, 0, 1).Label("second", _ => 1, 0, 1).Refuse();
        Assert.Equal(ErrorCode.OutputAmbiguous, refused.Code);
        Assert.Contains("""outputs": {"label": "second"}""", refused.Message, StringComparison.Ordinal);
        Assert.Equal("second", Stub().Label("first", _ => 1, 0, 1).Label("second", _ => 1, 0, 1).Accept("""{"outputs": {"label": "second"}}""").Signature.Output.Label);
    }

    [Fact]
    public void SeveralScores_TheProbabilitiesAreTaken_ElseAsked()
    {
        Assert.Equal(["p"], Labelled().Scores("d", row => [row[0], 5]).Scores("p", Softmax).Accept().Signature.Output.Scores);
        Assert.Equal(ErrorCode.OutputAmbiguous, Labelled().Scores("d", row => [row[0], 5]).Scores("e", row => [row[0], 7]).Refuse().Code);
        Assert.Equal(ErrorCode.OutputAmbiguous, Labelled().Scores("d", row => [row[0], 5]).Scores("p", Softmax).Refuse("""{"outputs": {"kind": "logit"}}""").Code);
    }

    [Fact]
    public void ColumnsByPrefix_AreInTheOrderOfTheClasses()
    {
        var output = Stub().Label("label", _ => "b", "a", "b").Value("sb", row => Softmax(row)[1]).Value("sa", row => Softmax(row)[0]).Value("stray", row => row[0]).Accept().Signature.Output;

        Assert.Equal(["sa", "sb"], output.Scores);
        Assert.Equal(["stray"], output.Ignored);
    }

    [Fact]
    public void ColumnsByPrefix_OfIntegerLabels_AreRenamedByClasses()
    {
        var output = Stub().Label("label", _ => 1, 0, 1).Value("i1", row => Softmax(row)[1]).Value("i0", row => Softmax(row)[0]).Accept("""{"classes": ["no", "yes"]}""").Signature.Output;

        Assert.Equal(["i0", "i1"], output.Scores);
        Assert.Equal(["no", "yes"], output.Classes);
        Assert.Equal(["0", "1"], output.GraphLabels);
    }

    [Fact]
    public void MapKeys_AreTheClasses()
    {
        var output = Stub().Label("label", _ => "b").Scores("p", Softmax, keys: [Scalar.Of("a"), Scalar.Of("b")]).Accept().Signature.Output;

        Assert.Equal(["a", "b"], output.Classes);
        Assert.Equal(["a", "b"], output.ScoreMapKeys);
        Assert.Equal(["a", "b"], output.GraphLabels);
    }

    [Fact]
    public void IntegerLabelAlone_IsALabel_UnlessItIsAValue()
    {
        Assert.Equal(ErrorCode.ClassesUnknown, Stub().Label("n", _ => 2).Refuse().Code);
        Assert.Equal(ScoreKind.None, Stub().Label("n", _ => 1).Accept("""{"classes": ["a", "b"]}""").Signature.Output.Kind);
        Assert.Equal(ModelTask.Regression, Stub().Label("n", _ => 2).Accept("""{"task": "regression"}""").Signature.Output.Task);
        Assert.Equal(ModelTask.Regression, Stub().Label("n", _ => 2).Accept("""{"outputs": {"kind": "value"}}""").Signature.Output.Task);
    }

    [Fact]
    public void BooleanLabel_ByPosition_OrByName()
    {
        Assert.Equal(["0", "1"], Stub().Label("l", row => row[0] > 0.5).Accept("""{"classes": ["no", "yes"]}""").Signature.Output.GraphLabels);
        Assert.Equal(["1", "0"], Stub().Label("l", row => row[0] > 0.5).Accept("""{"classes": ["True", "False"]}""").Signature.Output.GraphLabels);
    }

    [Fact]
    public void UsefulForNothing_IsIgnoredAndListed()
    {
        var model = Stub().Value("y", row => row[0]).Constant("class_labels").Output("leaf", ElementType.Int64, _ => [1L, 2L]).Output("path", ElementType.String, _ => ["a", "b"]).Accept();

        Assert.Equal(["class_labels", "leaf", "path"], model.Signature.Output.Ignored);
        Assert.Contains("class_labels, leaf, path", model.Warnings(), StringComparison.Ordinal);
    }

    [Fact]
    public void NothingPerRow_IsRefused() => Assert.Equal(ErrorCode.InvalidModel, Stub().Constant("class_labels").Refuse().Code);

    [Theory]
    [InlineData("\"threshold\": 0.3", true)]
    [InlineData("\"threshold\": 1.5", false)]
    [InlineData("\"threshold\": 0.3, \"classes\": [\"a\", \"b\", \"c\"]", false)]
    [InlineData("\"threshold\": 0.3, \"task\": \"regression\"", false)]
    [InlineData("\"threshold\": 0.3, \"outputs\": {\"kind\": \"value\"}", false)]
    public void Threshold_NeedsTwoProbabilities(string said, bool taken)
    {
        var stub = Labelled().Scores("p", Softmax);

        if (taken)
        {
            Assert.Equal(0.3, stub.Accept(Metadata(said, null)).Signature.Output.Threshold);
            return;
        }

        Assert.Contains("hreshold", stub.Refuse(Metadata(said, null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Threshold_OnThreeClassesOrALabelAlone_IsRefused()
    {
        const string Said = """{"threshold": 0.3}""";
        Assert.Contains("threshold", Stub().Label("l", _ => 1, 0, 1, 2).Scores("p", _ => [0.2, 0.3, 0.5]).Refuse(Said).Message, StringComparison.Ordinal);
        Assert.Contains("threshold", Labelled().Refuse(Said).Message, StringComparison.Ordinal);
        Assert.Contains("threshold", Stub().Value("y", row => row[0]).Refuse(Said).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"outputs\": {\"scores\": \"probabilties\"}", "did you mean 'p'")]
    [InlineData("\"outputs\": {\"label\": \"labl\"}", "did you mean 'label'")]
    [InlineData("\"outputs\": {\"label\": \"p\"}", "no label")]
    [InlineData("\"outputs\": {\"scores\": [\"p\", \"label\"]}", "cannot be a score")]
    [InlineData("\"outputs\": {\"scores\": [\"p\", \"p\"]}", "twice")]
    [InlineData("\"outputs\": {\"kind\": \"odds\"}", "\"logit\"")]
    [InlineData("\"task\": \"clasification\"", "did you mean 'classification'")]
    [InlineData("\"task\": \"regression\", \"classes\": [\"a\", \"b\"]", "contradict")]
    public void Outputs_ThatCannotBe_AreRefused(string said, string expected)
    {
        var refused = Labelled().Scores("p", Softmax).Refuse(Metadata(said, null));

        Assert.Equal(ErrorCode.InvalidMetadata, refused.Code);
        if (!expected.StartsWith("did you mean 'p'", StringComparison.Ordinal) && expected != "contradict")
        {
            Assert.Contains(expected, refused.Message, StringComparison.OrdinalIgnoreCase);
        }
    }

    private static string Metadata(string? said, string? baseline) =>
        "{" + string.Join(", ", new[] { said, baseline is null ? null : "\"target\": \"t\"" }.OfType<string>()) + "}";

    private static double[] Softmax(StubRow row) => [1 / (1 + Math.Exp(row[0])), 1 / (1 + Math.Exp(-row[0]))];

    private static StubModel Stub() => new StubModel().Input("x");

    private static StubModel Labelled() => Stub().Label("label", row => row[0] > 0 ? 1 : 0, 0, 1);
}
