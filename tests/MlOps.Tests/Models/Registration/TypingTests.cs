using MlOps.Models;
using Xunit;

namespace MlOps.Tests.Models.Registration;

public sealed class TypingTests
{
    [Theory]
    [InlineData(ElementType.String, "x,y,z", FeatureType.Categorical)]
    [InlineData(ElementType.Bool, "1,0,1", FeatureType.Boolean)]
    [InlineData(ElementType.Float, "True,FALSE,true", FeatureType.Boolean)]
    [InlineData(ElementType.Int64, "true,false,", FeatureType.Boolean)]
    [InlineData(ElementType.Float, "1,0,1", FeatureType.Numeric)]
    [InlineData(ElementType.Int32, "5.0,6,7", FeatureType.Numeric)]
    public void WithoutEntry_InputAndCellsTell(ElementType input, string cells, FeatureType type) =>
        Assert.Equal(type, Of(input).Accept("""{"target": "t"}""", Csv(cells)).Feature("x").Type);

    [Fact]
    public void TextOnNumbers_PrintsSortedDomainsOfAllFeatures()
    {
        var model = new StubModel().Input("a").Input("b").Input("n").Value("y", row => row[0]);

        var refused = model.Refuse("""{"target": "t"}""", "a,b,n,t\nz,10,1,1\nx,9,2,2\ny,hm,3,3\n");

        Assert.Contains(
            """features": [{"name": "a", "dtype": "categorical", "encoding": "index", "domain": ["x", "y", "z"]}, {"name": "b", "dtype": "categorical", "encoding": "index", "domain": ["10", "9", "hm"]}]""",
            refused.Message,
            StringComparison.Ordinal);
        Assert.Contains("3 levels", refused.Message, StringComparison.Ordinal);
        Assert.Contains("shifts all after it", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TextOnNumbers_KeepsTheEntriesThatAreThere()
    {
        var refused = new StubModel().Input("a").Input("b").Value("y", row => row[0])
            .Refuse("""{"target": "t", "features": [{"name": "b", "dtype": "numeric", "nullable": true}]}""", "a,b,t\nz,10,1\nx,9,2\ny,,3\n");

        Assert.Contains("""[{"name": "b", "dtype": "numeric", "nullable": true}, {"name": "a",""", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TextOnNumbers_WordForMissing_IsPointedOut() =>
        Assert.Contains("leave the cell empty", Of(ElementType.Float).Refuse(null, Csv("1,NA,3")).Message, StringComparison.Ordinal);

    [Fact]
    public void IndexWithoutDomain_PrintsTheBaselinesSorted() =>
        Assert.Contains(
            """domain": [2, 9, 10]""",
            Of(ElementType.Int64).Refuse("""{"target": "t", "features": [{"name": "x", "dtype": "categorical", "encoding": "index"}]}""", Csv("10,9,2")).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Domain_DefaultsToTheBaselines() =>
        Assert.Equal(["9", "10"], Of(ElementType.String).Accept("""{"target": "t"}""", Csv("10,9,10")).Feature("x").Domain.Select(value => value.ToString()));

    [Fact]
    public void CategoricalNumbers_StayNumbers()
    {
        var model = Of(ElementType.Float).Accept("""{"target": "t", "features": [{"name": "x", "dtype": "categorical"}]}""", Csv("3,1,3"));

        Assert.Equal([1, 3], model.Feature("x").Domain.Select(value => value.AsNumber!.Value));
        Assert.NotNull(model.Feed(0, Scalar.Of("three")));
    }

    [Theory]
    [InlineData(ElementType.String, "numeric", "dtype")]
    [InlineData(ElementType.Float, "text", "free text")]
    [InlineData(ElementType.Bool, "numeric", "boolean")]
    public void Entry_AgainstItsInput_IsRefused(ElementType input, string type, string said) =>
        Assert.Contains(said, Of(input).Refuse($$"""{"features": [{"name": "x", "dtype": "{{type}}"}]}""").Message, StringComparison.Ordinal);

    [Fact]
    public void TextDomain_OnNumbersWithoutEncoding_ProposesIndex() =>
        Assert.Contains("\"encoding\": \"index\"", Of(ElementType.Float).Refuse("""{"features": [{"name": "x", "dtype": "categorical", "domain": ["a", "b"]}]}""").Message, StringComparison.Ordinal);

    // Null: what the entry says, else holes in the baseline, else the input.
    [Theory]
    [InlineData(ElementType.Float, "", null, true)]
    [InlineData(ElementType.Int64, "", null, false)]
    [InlineData(ElementType.Float, "{}", null, false)]
    [InlineData(ElementType.Float, "", "1,2,3", false)]
    [InlineData(ElementType.Float, "", "1,,3", true)]
    [InlineData(ElementType.Float, "", "1,NaN,3", true)]
    [InlineData(ElementType.Float, "{}", "1,,3", true)]
    [InlineData(ElementType.Float, """{"nullable": false}""", "1,,3", false)]
    [InlineData(ElementType.Float, """{"nullable": true}""", "1,2,3", true)]
    [InlineData(ElementType.Int64, """{"missing": -1}""", "1,2,3", true)]
    public void Nullable_ByEntryThenHolesThenInput(ElementType input, string entry, string? cells, bool nullable)
    {
        var extra = entry.Trim('{', '}');
        var features = entry.Length == 0 ? "" : $$""", "features": [{"name": "x", "dtype": "numeric"{{(extra.Length > 0 ? ", " + extra : "")}}}]""";

        var model = Of(input).Accept($$"""{"version": "1"{{(cells is null ? "" : ", \"target\": \"t\"")}}{{features}}}""", cells is null ? null : Csv(cells));

        Assert.Equal(nullable, model.Feature("x").Nullable);
        Assert.Equal(nullable, model.Feed(0, Scalar.Null) is null);
    }

    [Theory]
    [InlineData("""{"name": "x", "dtype": "numeric", "nullable": true}""", "\"missing\": \"<number>\"")]
    [InlineData("""{"name": "x", "dtype": "numeric", "nullable": false, "missing": 0}""", "drop one")]
    [InlineData("""{"name": "x", "dtype": "numeric", "missing": 0.5}""", "64-bit integers")]
    [InlineData("""{"name": "x", "dtype": "categorical", "encoding": "index", "domain": ["a", "b"], "missing": 2}""", "0 to 1")]
    [InlineData("""{"name": "x", "dtype": "categorical", "encoding": "index", "domain": ["a", "b"], "unseen": -1}""", "0 to 1")]
    [InlineData("""{"name": "x", "dtype": "categorical", "encoding": "index", "domain": ["a", "b"], "unseen": "a"}""", "numbers")]
    [InlineData("""{"name": "x", "dtype": "numeric", "unseen": 1}""", "\"index\"")]
    [InlineData("""{"name": "x", "dtype": "numeric", "domain": [1]}""", "categorical")]
    [InlineData("""{"name": "x", "dtype": "categorical", "encoding": "index", "domain": ["a", "a"]}""", "'a' twice")]
    [InlineData("""{"name": "x", "dtype": "categorical", "encoding": "onehot"}""", "\"index\"")]
    [InlineData("""{"name": "x"}""", "\"dtype\"")]
    [InlineData("""{"name": "x", "dtype": "number"}""", "\"numeric\"")]
    public void Entry_ThatCannotBe_IsRefusedWithItsPlace(string entry, string said)
    {
        var refused = Of(ElementType.Int64).Refuse($$"""{"features": [{{entry}}]}""");

        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
        Assert.StartsWith("/metadata/features/0", refused.Faults[0].Pointer, StringComparison.Ordinal);
    }

    [Fact]
    public void HoleWithoutMissing_WarnsWithTheLine_AndLeavesTheRowOut()
    {
        var model = Of(ElementType.String).Accept("""{"target": "t"}""", Csv("a,,b"));

        Assert.Contains("\"missing\": \"<what the pipeline was fed>\"", model.Warnings(), StringComparison.Ordinal);
        Assert.False(model.Feature("x").Nullable);
    }

    [Fact]
    public void Index_UnseenInFloat_IsNaN_InIntegersRefused()
    {
        const string Entry = """{"features": [{"name": "x", "dtype": "categorical", "encoding": "index", "domain": ["a", "b"]}]}""";

        Assert.Null(Of(ElementType.Float).Accept(Entry).Feed(0, Scalar.Of("c")));
        Assert.NotNull(Of(ElementType.Int64).Accept(Entry).Feed(0, Scalar.Of("c")));
    }

    [Fact]
    public void Index_BaselineCellsAsNumbers_AreTheirLevels()
    {
        var seen = new List<double>();
        var model = new StubModel().Input("x", ElementType.Int64).Value("y", row =>
        {
            seen.Add(row[0]);
            return row[0];
        });

        var known = model.Accept("""{"target": "t", "features": [{"name": "x", "dtype": "categorical", "encoding": "index", "domain": ["10", "20", "30"]}]}""", Csv("30.0,10,20"));

        Assert.Equal(["10", "20", "30"], known.Baseline!.Features[0]!.Values.Select(value => value.ToString()).Order());
        Assert.Equal([0, 1, 2], seen.Distinct().Order());
    }

    [Theory]
    [InlineData("\"10\", \"20\"", "10,NaN,20", true)]
    [InlineData("\"NaN\", \"x\"", "x,NaN,x", false)]
    public void Index_OverNumbers_NaNIsMissing(string domain, string cells, bool nullable)
    {
        var model = Of(ElementType.Float).Accept($$"""{"target": "t", "features": [{"name": "x", "dtype": "categorical", "encoding": "index", "domain": [{{domain}}]}]}""", Csv(cells));

        Assert.Equal(nullable, model.Feature("x").Nullable);
        Assert.DoesNotContain("outside its domain", model.Warnings(), StringComparison.Ordinal);
    }

    [Fact]
    public void Domain_OfTrueAndFalseCells_ForNumbers_IsBoolean() =>
        Assert.Equal([Scalar.Of(false), Scalar.Of(true)], Of(ElementType.Float).Accept("""{"target": "t", "features": [{"name": "x", "dtype": "categorical"}]}""", Csv("TRUE,false,true")).Feature("x").Domain);

    [Fact]
    public void Domain_WithoutValuesOfTheBaseline_IsAWarning() =>
        Assert.Contains(
            "outside its domain: 'c'",
            Of(ElementType.String).Accept("""{"target": "t", "features": [{"name": "x", "dtype": "categorical", "domain": ["a", "b"]}]}""", Csv("a,b,c")).Warnings(),
            StringComparison.Ordinal);

    [Fact]
    public void NoRowMayBeFed_SaysWhy()
    {
        var refused = Of(ElementType.Int64).Refuse("""{"target": "t"}""", Csv("1.5,2.5,3.5"));

        Assert.Equal(ErrorCode.InvalidBaseline, refused.Code);
        Assert.Contains("whole number", refused.Message, StringComparison.Ordinal);
    }

    private static StubModel Of(ElementType type) => new StubModel().Input("x", type).Value("y", row => 1.5);

    private static string Csv(string cells) => "x,t\n" + string.Concat(cells.Split(',').Select((cell, row) => $"{cell},{row + 1}\n"));
}
