using MlOps.Models;
using Xunit;

namespace MlOps.Tests.Models.Registration;

/// <summary>The features, inputs and constants that a refusal prints are right as they stand.</summary>
public sealed class PrintedFeaturesTests
{
    [Theory]
    [InlineData(ElementType.String, "a,b,y\nx,u,1\n,v,2\nz,u,3\n", FeatureType.Categorical)]
    [InlineData(ElementType.Bool, "a,b,y\n1,0,1\n0,0,2\n1,1,5\n", FeatureType.Boolean)]
    [InlineData(ElementType.Int64, "a,b,y\n1,5,1\n2,,2\n3,4,5\n", FeatureType.Numeric)]
    [InlineData(ElementType.Float, "a,b,y\n1,5,1\n2,,2\n3,4,5\n", FeatureType.Numeric)]
    public void UnknownWidth_FeaturesAreOfTheInputsType(ElementType type, string baseline, FeatureType expected)
    {
        var model = new StubModel().Input("X", type, width: null).Value("y", _ => 1).AcceptPasted("""{"target": "y"}""", baseline, "features");

        Assert.Equal("a→X[0] b→X[1]", model.Pairs());
        Assert.All(model.Signature.Features, feature => Assert.Equal(expected, feature.Type));
        Assert.Equal(type == ElementType.Float, model.Feature("b").Nullable);
    }

    [Fact]
    public void UnknownWidth_BesideATextInput_TypesEachByItsInput()
    {
        var model = new StubModel().Input("g_1", ElementType.String).Input("X", width: null).Value("y", row => row[1])
            .AcceptPasted("""{"target": "y"}""", "a,g.1,b,y\n1,m,x,1\n2,w,z,2\n3,w,z,7\n", "features");

        Assert.Equal("a→X[0] g.1→g_1[0] b→X[1]", model.Pairs());
        Assert.False(model.Feature("g.1").IndexEncoded);
        Assert.True(model.Feature("b").IndexEncoded);
    }

    [Theory]
    [InlineData(ElementType.String, "categorical")]
    [InlineData(ElementType.Bool, "boolean")]
    public void UnknownWidth_WithoutBaseline_MarksPlacesOfTheInputsType(ElementType type, string dtype) =>
        Assert.Equal(dtype, PrintedLines.Of(new StubModel().Input("X", type, width: null).Value("y", _ => 1).Refuse(), "features")[0][0]!["dtype"]!.GetValue<string>());

    [Fact]
    public void CountDoesNotFit_KeepsTheEntriesThatAreThere() =>
        Assert.Equal(
            "-1",
            PrintedLines.Of(
                Floats(2).Refuse("""{"target": "y", "features": [{"name": "b", "dtype": "numeric", "missing": -1}]}""", "a,b,c,y\n1,2,3,4\n"), "features")[0][1]!["missing"]!.ToJsonString());

    [Fact]
    public void TextForNumbers_KeepsWhatItsEntrySays()
    {
        var model = Floats(1).AcceptPasted(
            """{"target": "y", "features": [{"name": "c", "dtype": "categorical", "missing": -1, "domain": ["y", "x"]}]}""", "c,y\nx,1\ny,2\n,3\n", "features");

        Assert.Equal((true, -1.0), (model.Feature("c").IndexEncoded, model.Feature("c").Missing!.Value.AsNumber));
        Assert.Equal("y x", string.Join(' ', model.Feature("c").Domain));
    }

    [Fact]
    public void TextDomainOfANumber_WithoutBaseline_PrintsTheLine() =>
        Assert.True(Floats(1).AcceptPasted("""{"features": [{"name": "c", "dtype": "categorical", "domain": ["y", "x"]}]}""", null, "features").Feature("c").IndexEncoded);

    [Theory]
    [InlineData(0, true)]
    [InlineData(-1, false)]
    public void EmbeddingThatFails_KeepsWhatAnIndexCanHave(int missing, bool kept)
    {
        var model = new StubModel().Input("c", ElementType.Int64).Value("y", row => row[0]).RefusesRows(row => row[0] is >= 2 or < 0 ? "indices out of range" : null)
            .AcceptPasted($$"""{"target": "y", "features": [{"name": "c", "dtype": "categorical", "missing": {{missing}}}]}""", "c,y\n7,1\n8,2\n7,3\n", "features");

        Assert.Equal(kept, model.Feature("c").Nullable);
    }

    [Fact]
    public void NamesThatDifferByCase_PrintThePairs()
    {
        var model = new StubModel().Input("age").Input("income").Value("y", row => row[0]).AcceptPasted("""{"target": "y"}""", "Age,income,y\n1,2,3\n2,3,4\n3,3,9\n", "inputs");

        Assert.Equal("Age→age[0] income→income[0]", model.Pairs());
    }

    [Fact]
    public void NamesThatDifferByCase_AllOfThem_PrintThePairs() =>
        Assert.Equal("Age→age[0] In.come→in_come[0]", new StubModel().Input("age").Input("in_come").Value("y", row => row[0]).AcceptPasted("""{"target": "y"}""", "Age,In.come,y\n1,2,3\n2,3,4\n3,3,9\n", "inputs").Pairs());

    [Fact]
    public void NarrowInputBesideAWideOne_ThatDiffersByCase_IsFilledIn() =>
        Assert.Equal(
            "[\"Age\"]",
            PrintedLines.Of(
                new StubModel().Input("age").Input("X", width: 2).Value("y", row => row[0])
                    .Refuse("""{"features": [{"name": "Age", "dtype": "numeric"}, {"name": "u", "dtype": "numeric"}, {"name": "v", "dtype": "numeric"}]}"""),
                "inputs")[0]["age"]!.ToJsonString());

    [Fact]
    public void Templates_KeepTheInputsAndConstantsThatAreThere()
    {
        var model = new StubModel().Input("K", width: 2, batch: 1).Input("A").Input("a_b").Input("a_b1").Input("Z", width: 2).Value("y", row => row[0]);

        var refused = model.Refuse("""{"constants": {"K": [[1, 2]]}, "inputs": {"A": ["q"]}, "features": [{"name": "q", "dtype": "numeric"}, {"name": "a.b", "dtype": "numeric"}, {"name": "a_b", "dtype": "numeric"}, {"name": "u", "dtype": "numeric"}, {"name": "v", "dtype": "numeric"}]}""");

        Assert.Equal("[\"q\"]", PrintedLines.Of(refused, "inputs")[0]["A"]!.ToJsonString());
        Assert.Equal("[[1,2]]", PrintedLines.Of(refused, "constants")[0]["K"]!.ToJsonString());
    }

    [Fact]
    public void OneInputLeftBesideAMappedOne_IsPairedByPositionWithAWarning()
    {
        var model = new StubModel().Input("A", width: 2).Input("b").Value("y", row => row[0])
            .Accept("""{"inputs": {"A": ["p", "q"]}, "features": [{"name": "p", "dtype": "numeric"}, {"name": "q", "dtype": "numeric"}, {"name": "r", "dtype": "numeric"}]}""");

        Assert.Equal("p→A[0] q→A[1] r→b[0]", model.Pairs());
        Assert.Contains("r → b", model.Warnings(), StringComparison.Ordinal);
    }

    private static StubModel Floats(int width) => new StubModel().Input("X", width: width).Value("y", _ => 1);
}
