using MlOps.Models;
using MlOps.Models.Registration;
using Xunit;

namespace MlOps.Tests.Models.Registration;

public sealed class ClassesTests
{
    [Fact]
    public void Classes_OverAListOfLabels_AreInItsOrder() =>
        Assert.Equal(["2", "5", "9"], Label([2, 5, 9], 5).Accept("""{"classes": ["low", "mid", "high"]}""").Signature.Output.GraphLabels);

    [Fact]
    public void Classes_ThatAreTheLabelsInAnotherOrder_AreRefused()
    {
        var refused = Label([0, 1], 1).Refuse("""{"classes": ["1", "0"]}""");

        Assert.Equal(ErrorCode.InvalidMetadata, refused.Code);
        Assert.Contains("\"classes\": [\"0\", \"1\"]", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Classes_OfAnotherCount_AreRefused() => Assert.Equal(ErrorCode.InvalidMetadata, Label([0, 1], 1).Refuse("""{"classes": ["a", "b", "c"]}""").Code);

    [Theory]
    [InlineData("a b", 1, "0 1")]
    [InlineData("0 1", 1, "0 1")]
    [InlineData("4 5", 5, "4 5")]
    [InlineData("10 20 1", 10, "10 20 1")]
    public void Classes_WithoutAList_AreReadByNameOrPosition(string classes, long seen, string labels) =>
        Assert.Equal(labels.Split(' '), Label([], seen).Accept(Said(classes)).Signature.Output.GraphLabels);

    [Fact]
    public void Classes_WithoutAList_WhereBothReadingsFitAndDiffer_AskForRows()
    {
        var refused = Label([], 1, 2).Refuse(Said("1 2 3"));

        Assert.Equal(ErrorCode.ClassesUnknown, refused.Code);
        Assert.Contains("baseline", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["1", "2", "3"], Label([], 1, 2, 3).Accept(Said("1 2 3")).Signature.Output.GraphLabels);
        Assert.Equal(["0", "1", "2"], Label([], 0, 1, 2).Accept(Said("1 2 3")).Signature.Output.GraphLabels);
    }

    [Fact]
    public void Label_ThatIsNoClass_ProposesClasses()
    {
        var refused = Label([0, 1], 1, 2).Refuse();

        Assert.Equal(ErrorCode.ClassesUnknown, refused.Code);
        Assert.Contains("'2'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("\"classes\": [", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0,1,1", true)]
    [InlineData("0.0,1.0,1", true)]
    [InlineData("False,true,TRUE", true)]
    [InlineData("no,yes,no", false)]
    [InlineData("0,1,2", false)]
    public void Target_ComparesByNameNumberOrBoolean(string cells, bool taken)
    {
        var csv = "x,t\n" + string.Concat(cells.Split(',').Select((cell, row) => $"{row},{cell}\n"));
        var stub = Label([0, 1], 0, 1);
        if (taken)
        {
            Assert.Equal("training_labels", stub.Accept("""{"target": "t"}""", csv).Baseline!.Prediction!.Source);
            return;
        }

        var refused = stub.Refuse("""{"target": "t"}""", csv);
        Assert.Equal(ErrorCode.ClassesUnknown, refused.Code);
        Assert.Contains("\"classes\": [", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Target_AsTheGraphsLabels_FitsRenamedClasses() =>
        Assert.Equal(
            [(Scalar.Of("yes"), 2L), (Scalar.Of("no"), 1L)],
            Label([0, 1], 0, 1).Accept("""{"target": "t", "classes": ["no", "yes"]}""", "x,t\n1,0\n2,1\n3,1\n").Baseline!.Prediction!.Bins is var bins ? bins.Values.Zip(bins.Counts) : []);

    [Theory]
    [InlineData("true false", false)]
    [InlineData("False True", true)]
    [InlineData("fraud legit", true)]
    public void Classes_ThatAreBooleanLabelsInAnotherOrder_AreRefused(string classes, bool taken)
    {
        var stub = new StubModel().Input("x").Output("label", ElementType.Bool, row => [row[0] > 0], labels: [Scalar.Of(false), Scalar.Of(true)]);

        if (taken)
        {
            Assert.Equal(classes.Split(' '), stub.Accept(Said(classes)).Signature.Output.Classes);
            return;
        }

        Assert.Contains("\"classes\": [\"false\", \"true\"]", stub.Refuse(Said(classes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Classes_ThatAreTheMapsKeysInAnotherOrder_AreRefused()
    {
        var stub = new StubModel().Input("x").Scores("p", _ => [0.3, 0.7], keys: [Scalar.Of("a"), Scalar.Of("b")]);

        Assert.Equal(ErrorCode.InvalidMetadata, stub.Refuse(Said("b a")).Code);
        Assert.Equal(["no", "yes"], stub.Accept(Said("no yes")).Signature.Output.Classes);
    }

    [Fact]
    public void MapKeysUnderOtherLabels_AreReadInOrder()
    {
        var stub = new StubModel().Input("x").Label("label", _ => "b", "a", "b").Scores("p", _ => [0.3, 0.7], keys: [Scalar.Of(0), Scalar.Of(1)]);

        var output = stub.Accept("""{"classes": ["no", "yes"]}""").Signature.Output;

        Assert.Equal(["a", "b"], output.GraphLabels);
        Assert.Equal(["0", "1"], output.ScoreMapKeys);
    }

    [Theory]
    [InlineData("b", 1)]
    [InlineData("0", 0)]
    [InlineData("1.0", 1)]
    [InlineData("TRUE", 1)]
    [InlineData("false", 0)]
    [InlineData("c", -1)]
    public void Match_ByNameLabelNumberBoolean(string actual, int index) => Assert.Equal(index, new ClassMatch(["a", "b"], ["0", "1"]).Find(actual));

    private static string Said(string classes) => $$"""{ "classes": [{{string.Join(", ", classes.Split(' ').Select(name => $"\"{name}\""))}}] }""";

    // The made-up rows, and the first baseline rows, are answered by these labels one after the other.
    private static StubModel Label(long[] list, params long[] seen)
    {
        var answered = new Dictionary<double, long>();
        return new StubModel().Input("x").Label("label", row => answered.TryGetValue(row[0], out var label) ? label : answered[row[0]] = seen[answered.Count % seen.Length], list);
    }
}
