using MlOps.Models;
using MlOps.Models.Registration;
using Xunit;

namespace MlOps.Tests.Models.Registration;

public sealed class InputShapeTests
{
    [Fact]
    public void BatchFixedAtOne_RunsRowByRow()
    {
        var stub = new StubModel().Input("X", width: 2, batch: 1).Value("y", row => row[0] + row[1]);

        var model = stub.Accept();

        Assert.True(model.Signature.RowByRow);
        Assert.Contains("row by row", model.Warnings(), StringComparison.Ordinal);
        Assert.Equal(1, stub.LargestRun);
    }

    [Fact]
    public void BatchFixedElsewhere_NamesTheExportersOptions()
    {
        var refused = new StubModel().Input("X", width: 2, batch: 8).Value("y", row => row[0]).Refuse();

        Assert.Contains("dynamic_shapes", refused.Message, StringComparison.Ordinal);
        Assert.Contains("[None, k]", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FixedAtOneBesideFreeBatch_NamesBothWaysOut()
    {
        var refused = Leaked().Refuse();

        Assert.Contains("\"constants\": {\"mean\": [[\"<number>\", \"<number>\"]]}", refused.Message, StringComparison.Ordinal);
        Assert.Contains("\"inputs\"", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FixedAtOneBesideFreeBatch_AsAFeature_RunsRowByRow() =>
        Assert.True(Leaked().Accept("""{"inputs": {"mean": ["m", "n"], "a": ["a", "b"]}}""").Signature.RowByRow);

    [Theory]
    [InlineData("[[1, 2]]", true)]
    [InlineData("[1, 2]", false)]
    [InlineData("[[1], [2]]", false)]
    [InlineData("[[1, 2, 3]]", false)]
    [InlineData("3", false)]
    [InlineData("[[1, \"2\"]]", false)]
    [InlineData("[[1, [2]]]", false)]
    [InlineData("[[]]", false)]
    [InlineData("[[1, 1e39]]", false)]
    public void Constant_OfFixedShape_NeedsExactlyIt(string value, bool taken) => AssertConstant(Leaked(), "mean", value, taken);

    [Theory]
    [InlineData("[1, 2]", true)]
    [InlineData("[[1, 2]]", true)]
    [InlineData("3", true)]
    [InlineData("[1]", false)]
    [InlineData("[[1], [2]]", false)]
    [InlineData("[[1, 2], [1, 2]]", false)]
    public void Constant_WhoseFirstDimensionIsTheBatch_IsOneRow(string value, bool taken) =>
        AssertConstant(new StubModel().Input("a").Input("k", width: 2).Value("y", row => row[0] + row[1] + row[2]), "k", value, taken);

    [Theory]
    [InlineData(ElementType.Int64, "[1.5]", false)]
    [InlineData(ElementType.Int64, "[7]", true)]
    [InlineData(ElementType.Int32, "[3000000000]", false)]
    [InlineData(ElementType.Bool, "[true]", true)]
    [InlineData(ElementType.String, "[\"x\"]", true)]
    [InlineData(ElementType.String, "[1]", false)]
    public void Constant_IsOfItsInputsType(ElementType type, string value, bool taken) =>
        AssertConstant(new StubModel().Input("a").Input("k", type, width: 0).Value("y", row => row[0]), "k", value, taken);

    [Fact]
    public void Constant_OfAnyRank_IsFedAsItIs() =>
        Assert.False(new StubModel().Input("a").Input(new GraphInput("k", "", ElementType.Float, [new GraphDim(5, null)])).Value("y", row => row[0] + row[5])
            .Accept("""{"constants": {"k": [1, 2, 3, 4, 5]}}""").Signature.Inputs[1].Constant!.PerRow);

    [Fact]
    public void Constant_ThatIsAFeatureToo_IsRefused() =>
        Leaked().Refuse("""{"constants": {"mean": [[1, 2]]}, "inputs": {"mean": ["a", "b"]}}""");

    [Theory]
    [InlineData("tensor(bfloat16)", 2, "bfloat16")]
    [InlineData("seq(tensor(float))", 2, "sequence")]
    [InlineData("map(string,tensor(float))", 2, "map")]
    [InlineData("optional(tensor(float))", 2, "optional")]
    [InlineData("tensor(uint8)", 2, "uint8")]
    [InlineData("tensor(float)", 3, "rank 3")]
    public void Input_ThatCannotBeFed_IsRefused(string type, int rank, string said)
    {
        var input = new GraphInput("X", type, type == "tensor(float)" ? ElementType.Float : null, [.. Enumerable.Repeat(new GraphDim(null, null), rank)]);

        var refused = new StubModel().Input(input).Value("y", _ => 1).Refuse();

        Assert.Equal(ErrorCode.InvalidModel, refused.Code);
        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Input_OfRankOneAndFixedLength_IsRefused() =>
        Assert.Contains("rank 1", new StubModel().Input("X", width: 0, batch: 6).Value("y", _ => 1).Refuse().Message, StringComparison.Ordinal);

    [Fact]
    public void EveryElementType_IsFed()
    {
        var stub = new StubModel()
            .Input("h", ElementType.Float16).Input("f").Input("d", ElementType.Double).Input("i", ElementType.Int32).Input("l", ElementType.Int64).Input("b", ElementType.Bool)
            .Input("s", ElementType.String, 0).Value("y", row => row[0] + row[1] + row[2] + row[3] + row[4] + row[5] + row.Text(6).Length);

        Assert.Equal("h f d i l b s", stub.Accept("""{"target": "t"}""", "h,f,d,i,l,b,s,t\n1,2,3,4,5,true,x,1\n2,2,3,4,5,0,y,2\n3,2,3,4,5,1,z,3\n").Names());
    }

    [Fact]
    public void RowsThatOnlyRunAlone_DoSo()
    {
        var model = new StubModel().Input("X").Value("y", row => row[0]).RefusesMoreRowsThan(1).Accept();

        Assert.True(model.Signature.RowByRow);
        Assert.Contains("row by row", model.Warnings(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1e-4, true)]
    [InlineData(1e-7, false)]
    public void AnswerThatDependsOnTheBatch_RunsRowByRow(double part, bool alone) =>
        Assert.Equal(alone, new StubModel().Input("X").Value("y", row => row[0] + (row.Rows > 1 ? part : 0)).Accept().Signature.RowByRow);

    [Fact]
    public void FailingRow_NamesFeatureAndValue_AndTheIndexLine()
    {
        var stub = new StubModel().Input("c", ElementType.Int64).Input("n").Value("y", row => row[1]).RefusesRows(row => row[0] >= 3 ? "index out of range" : null);

        var refused = stub.Refuse("""{"target": "t"}""", "c,n,t\n1,5,1\n2,6,2\n3,7,3\n");

        Assert.Contains("'c' is 3", refused.Message, StringComparison.Ordinal);
        Assert.Contains("index out of range", refused.Message, StringComparison.Ordinal);
        Assert.Contains("""{"name": "c", "dtype": "categorical", "encoding": "index", "domain": [1, 2, 3]}""", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FailingText_WithoutBaseline_AsksForItsDomain()
    {
        var stub = new StubModel().Input("c", ElementType.String).Value("y", _ => 1).RefusesRows(row => row.Text(0) != "red" ? "unknown category" : null);

        Assert.Contains("\"domain\"", stub.Refuse().Message, StringComparison.Ordinal);
        Assert.Equal("{\"inputs\":{\"c\":\"red\"}}", stub.Accept("""{"features": [{"name": "c", "dtype": "categorical", "domain": ["red"]}]}""").ExampleRequest);
    }

    [Fact]
    public void FailingText_ThatTheBaselineLacks_AsksForItsDomain()
    {
        var model = new StubModel().Input("s", ElementType.String).Input("x").Value("y", row => row[1]).RefusesRows(row => row.Text(0).Length == 0 ? "unknown level" : null);

        var line = PrintedLines.Of(model.Refuse("""{"target": "t", "features": [{"name": "s", "dtype": "categorical", "missing": "none"}]}""", "x,t\n1,2\n2,3\n3,4\n"), "features")[0][0]!;

        Assert.Equal(("s", "none"), (line["name"]!.GetValue<string>(), line["missing"]!.GetValue<string>()));
        Assert.NotNull(line["domain"]);
    }

    [Fact]
    public void RowWithoutFiniteAnswer_IsLeftOut()
    {
        var model = new StubModel().Input("x").Value("y", row => row[0] == 1 ? double.NaN : row[0]).Accept("""{"target": "t"}""", "x,t\n1,1\n2,2\n3,3\n");

        Assert.Contains("1 of the 3 rows", model.Warnings(), StringComparison.Ordinal);
        Assert.Equal("{\"inputs\":{\"x\":2}}", model.ExampleRequest);
    }

    [Fact]
    public void NoFiniteAnswer_IsRefused() =>
        Assert.Equal(ErrorCode.OutputNotFinite, new StubModel().Input("x").Value("y", _ => double.PositiveInfinity).Refuse().Code);

    [Fact]
    public void MadeUpRows_AreThreeScaledByColumn()
    {
        var seen = new HashSet<(double, double)>();
        new StubModel().Input("X", width: 9).Value("y", row =>
        {
            seen.Add((Math.Round(row[0], 4), Math.Round(row[8], 4)));
            return row[0];
        }).Accept();

        Assert.Equal([(-1.7, -3.4), (0.1, 0.2), (1, 2)], seen.Order());
    }

    private static void AssertConstant(StubModel stub, string name, string value, bool taken)
    {
        var metadata = $$"""{ "constants": { "{{name}}": {{value}} } }""";
        if (taken)
        {
            Assert.NotNull(stub.Accept(metadata).Signature.Inputs.Single(input => input.Name == name).Constant);
            return;
        }

        var refused = stub.Refuse(metadata);
        Assert.Equal(ErrorCode.InvalidMetadata, refused.Code);
        Assert.Equal($"/metadata/constants/{name}", refused.Faults[0].Pointer);
    }

    private static StubModel Leaked() => new StubModel().Input("a", width: 2).Input("mean", width: 2, batch: 1).Value("y", row => row[0] + row[1] - row[2] - row[3]);
}
