using MlOps.Models;
using Xunit;

namespace MlOps.Tests.Models.Registration;

public sealed class PairingTests
{
    [Fact]
    public void Alone_NarrowKeepsItsName_WideIsNumbered() =>
        Assert.Equal("age→age[0] X_0→X[0] X_1→X[1]", Narrow("age").Input("X", width: 2).Accept().Pairs());

    [Fact]
    public void Metadata_WideTakesTheRestInOrder() =>
        Assert.Equal("p→X[0] age→age[0] q→X[1]", Narrow("age").Input("X", width: 2).Accept(Features("p", "age", "q")).Pairs());

    [Fact]
    public void Metadata_SingleNarrowInput_TakesTheOneFeature() => Assert.Equal("income→X[0]", Narrow("X").Accept(Features("income")).Pairs());

    [Fact]
    public void Metadata_InputsAlone_NameTheFeatures() =>
        Assert.Equal("c→B[0] a→A[0] b→A[1]", Wide("A", 2).Input("B", width: 1).Accept("""{"inputs": {"B": ["c"], "A": ["a", "b"]}}""").Pairs());

    [Fact]
    public void Metadata_InputsNeedNotRepeatNarrowOnes() =>
        Assert.Equal("age→age[0] a→A[0] b→A[1]", Narrow("age").Input("A", width: 2).Accept("""{"inputs": {"A": ["a", "b"]}, "features": [{"name": "age", "dtype": "numeric"}, {"name": "a", "dtype": "numeric"}, {"name": "b", "dtype": "numeric"}]}""").Pairs());

    [Fact]
    public void Metadata_SomeFeatures_OthersKeepTheGraphsNames() => Assert.Equal("a 2nd", Narrow("a").Input("_2nd").Accept(Features("2nd")).Names());

    [Fact]
    public void Metadata_SomeFeatures_OthersKeepTheHeadersOrder() =>
        Assert.Equal("u→X[0] v→X[1]", Wide("X", 2).Accept("""{"target": "y", "features": [{"name": "v", "dtype": "numeric"}]}""", "u,v,y\n1,2,3\n4,5,6\n7,8,8\n").Pairs());

    [Fact]
    public void Metadata_FeatureThatMatchesNothing_NamesTheNearest()
    {
        var refused = Narrow("income").Input("age").Refuse(Features("incone", "age"));

        Assert.Equal(ErrorCode.InvalidMetadata, refused.Code);
        Assert.Contains("did you mean 'income'", refused.Message, StringComparison.Ordinal);
        Assert.Equal("/metadata/features/0", refused.Faults.Single().Pointer);
    }

    [Theory]
    [InlineData("a b c")]
    [InlineData("a")]
    public void Metadata_WideCountDoesNotFit_AsksForFeatures(string names) =>
        Assert.Contains("\"features\"", Wide("X", 2).Refuse(Features(names.Split(' '))).Message, StringComparison.Ordinal);

    [Fact]
    public void Position_NoNameMatches_PairsAndSaysSo()
    {
        var model = Narrow("f1").Input("f2").Accept(Features("len", "wid"));

        Assert.Equal("len→f1[0] wid→f2[0]", model.Pairs());
        Assert.Contains("len → f1, wid → f2", model.Warnings(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("F1 wid")]
    [InlineData("f2 wid")]
    public void Position_SomeNameResembles_IsRefused(string names) => Narrow("f1").Input("f2").Refuse(Features(names.Split(' ')));

    [Fact]
    public void SklRule_TwoThatExportAlike_AreRefused() =>
        Assert.Contains("\"inputs\"", Narrow("a_b").Input("a_b1").Refuse(Features("a.b", "a_b")).Message, StringComparison.Ordinal);

    [Fact]
    public void Header_NarrowByName_IgnoresTheOthersAndNamesWhatIsLacking()
    {
        var model = Narrow("a").Input("b").Accept("""{"target": "y"}""", "id,a,y\n1,2,3\n2,3,4\n3,4,5\n");

        Assert.Equal("a b", model.Names());
        Assert.Contains("ignored: id", model.Warnings(), StringComparison.Ordinal);
        Assert.Contains("lacks b", model.Warnings(), StringComparison.Ordinal);
        Assert.Null(model.Baseline!.Features[1]);
    }

    [Fact]
    public void Header_NarrowWithoutAnyMatch_IsRefused() =>
        Assert.Contains("\"inputs\"", Narrow("f1").Input("f2").Refuse("""{"target": "y"}""", "id,len,wid,y\n1,2,3,4\n").Message, StringComparison.Ordinal);

    [Fact]
    public void Header_OneTooManyWithoutTarget_AsksForTheTarget() =>
        Assert.Contains("\"target\"", Wide("X", 2).Refuse(null, "u,v,y\n1,2,3\n").Message, StringComparison.Ordinal);

    [Fact]
    public void Header_CountDoesNotFit_PrintsTheFeaturesLine()
    {
        var refused = Wide("X", 2).Refuse("""{"target": "y"}""", "id,u,v,y\n1,2,3,4\n");

        Assert.Equal(ErrorCode.FeaturesAmbiguous, refused.Code);
        Assert.Contains("\"features\": [{\"name\": \"id\", \"dtype\": \"numeric\"}, {\"name\": \"u\"", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Header_UnnamedIndexColumn_IsNoFeature() => Assert.Equal("u v", Wide("X", 2).Accept("""{"target": "y"}""", ",u,v,y\n0,1,2,3\n1,4,5,6\n2,4,5,7\n").Names());

    [Fact]
    public void SeveralWide_PrintTheTemplate()
    {
        var refused = Wide("num", 2).Input("cat", ElementType.String, 2).Refuse();

        Assert.Contains("\"inputs\": {\"num\": [\"<feature 0 of num>\", \"<feature 1 of num>\"], \"cat\": [", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void UnknownWidth_TakesAllListed() => Assert.Equal("a→X[0] b→X[1] c→X[2]", Wide("X", null).Accept(Features("a", "b", "c")).Pairs());

    [Fact]
    public void UnknownWidth_WithNarrow_TakesWhatIsLeft() => Assert.Equal("a→X[0] age→age[0] c→X[1]", Wide("X", null).Input("age").Accept(Features("a", "age", "c")).Pairs());

    [Fact]
    public void UnknownWidth_NothingListed_MarksPlaces() =>
        Assert.Contains("<feature 1>", new StubModel().Input("X", width: null, trees: 2).Value("y", row => row[0]).Refuse().Message, StringComparison.Ordinal);

    [Fact]
    public void UnknownWidth_TreesReadFewer_IsAWarning() =>
        Assert.Contains("read 2 columns", new StubModel().Input("X", width: null, trees: 2).Value("y", row => row[0]).Accept(Features("a", "b", "c")).Warnings(), StringComparison.Ordinal);

    [Fact]
    public void UnknownWidth_TreesReadMore_IsRefused() =>
        Assert.Equal(ErrorCode.InvalidMetadata, new StubModel().Input("X", width: null, trees: 4).Value("y", row => row[0]).Refuse(Features("a", "b", "c")).Code);

    [Fact]
    public void FixedWidth_TreesReadMore_IsRefused() =>
        Assert.Equal(ErrorCode.InvalidModel, new StubModel().Input("X", width: 2, trees: 3).Value("y", row => row[0]).Refuse().Code);

    [Fact]
    public void Inputs_UnknownInput_NamesTheNearest() =>
        Assert.Contains("did you mean 'numeric'", Wide("numeric", 1).Refuse("""{"inputs": {"numerc": ["a"]}}""").Message, StringComparison.Ordinal);

    [Fact]
    public void Inputs_WrongCount_IsRefused() =>
        Assert.Contains("takes 2 features", Wide("X", 2).Refuse("""{"inputs": {"X": ["a"]}}""").Message, StringComparison.Ordinal);

    [Fact]
    public void Target_NotInTheHeader_NamesTheNearest()
    {
        var refused = Narrow("a").Refuse("""{"target": "prise"}""", "a,price\n1,2\n");

        Assert.Contains("did you mean 'price'", refused.Message, StringComparison.Ordinal);
        Assert.Equal("/metadata/target", refused.Faults[0].Pointer);
    }

    private static StubModel Narrow(string name) => new StubModel().Input(name).Value("y", row => row[0]);

    private static StubModel Wide(string name, int? width) => new StubModel().Input(name, width: width).Value("y", row => row[0]);

    private static string Features(params string[] names) => $$"""{"features": [{{string.Join(", ", names.Select(name => $$"""{"name": "{{name}}", "dtype": "numeric"}"""))}}]}""";
}
