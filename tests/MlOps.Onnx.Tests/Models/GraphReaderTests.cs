using MlOps.Format;
using MlOps.Models;
using MlOps.Models.Registration;
using MlOps.Tests.Registration;
using Xunit;
using static MlOps.Tests.Models.Graphs;

namespace MlOps.Tests.Models;

/// <summary>What files say of themselves.</summary>
public sealed class GraphReaderTests
{
    [Theory]
    [InlineData("cat_oj_binary", "features tensor(float)[N,10] -> label tensor(string) probability labels CH,MM; probabilities seq(map(string,tensor(float))) probability keys CH,MM; features reads 10")]
    [InlineData("churn_grouped_inputs", "num tensor(float)[?,15]; cat tensor(string)[?,4] -> label tensor(string) probability labels no,yes; probabilities tensor(float)")]
    [InlineData("churn_mlp_zipmap_int", "X tensor(float)[?,15] -> output_label tensor(int64) labels 0,1; output_probability seq(map(int64,tensor(float))) keys 0,1")]
    [InlineData("churn_rf_pipeline_zipmap", "state+area_code+international_plan+voice_mail_plan tensor(string)[?,1]; account_length+number_vmail_messages+total_day_minutes+total_day_calls+total_day_charge+total_eve_minutes+total_eve_calls+total_eve_charge+total_night_minutes+total_night_calls+total_night_charge+total_intl_minutes+total_intl_calls+total_intl_charge+number_customer_service_calls tensor(float)[?,1] -> output_label tensor(string) probability labels no,yes; output_probability seq(map(string,tensor(float))) probability keys no,yes")]
    [InlineData("churn_stacked", "X tensor(float)[?,15] -> label tensor(string) labels no,yes; probabilities tensor(float); X reads 15")]
    [InlineData("credit_gbc", "X tensor(float)[?,9] -> label tensor(string) probability labels bad,good; probabilities tensor(float) probability; X reads 9")]
    [InlineData("credit_logreg_pipeline", "Seniority+Time+Age+Expenses+Income+Assets+Debt+Amount+Price tensor(float)[?,1]; Home+Marital+Records+Job tensor(string)[?,1] -> label tensor(string) probability labels bad,good; probabilities tensor(float)")]
    [InlineData("credit_xgb_nan", "input tensor(float)[?,9] -> label tensor(int64) probability labels 0,1; probabilities tensor(float) probability; input reads 9")]
    [InlineData("flights_gbr", "X tensor(float)[?,3] -> variable tensor(float); X reads 3")]
    [InlineData("flights_linear", "X tensor(float)[?,3] -> variable tensor(float)")]
    [InlineData("flights_origin", "distance+hour+day_of_week tensor(float)[?,1]; origin tensor(string)[?,1] -> variable tensor(float)")]
    [InlineData("h2o_gbm_titanic", "input tensor(float)[None,None] -> label tensor(string) probability labels no,yes; probabilities tensor(float) probability; input reads 3")]
    [InlineData("keras_stackoverflow_constants", "Salary tensor(float)[unk__8,1]; YearsCodedJob tensor(float)[unk__9,1]; OpenSource tensor(float)[unk__10,1]; Hobby tensor(float)[unk__11,1]; CompanySizeNumber tensor(float)[unk__12,1]; CareerSatisfaction tensor(float)[unk__13,1]; functional_1/normalization_1/Sub/y:0+functional_1/normalization_1/Sqrt/x:0 tensor(float)[1,6] -> Identity:0 tensor(float) probability")]
    [InlineData("lgbm_visits_poisson", "input tensor(float)[?,11] -> variable tensor(float); input reads 10")]
    [InlineData("skl_ames_dataframe_names_nan", "Lot_Frontage+Lot_Area+_1st_Flr_SF+_2nd_Flr_SF+_3Ssn_Porch tensor(float)[?,1]; Overall_Qual+Mo_Sold_Yr tensor(int64)[?,1]; Neighborhood+Kitchen_Qual tensor(string)[?,1] -> variable tensor(float)")]
    [InlineData("skl_births_rf_nan_columns", "X tensor(float)[?,5] -> output_label tensor(string) probability labels full term,premie; sfull term tensor(float); spremie tensor(float); X reads 5")]
    [InlineData("torch_diamonds_external", "x_cat tensor(int64)[batch,3]; x_num tensor(float)[batch,6] -> mul_1 tensor(float)")]
    [InlineData("torch_hmda_sigmoid", "x_cat tensor(int64)[batch,9]; x_num tensor(float)[batch,4] -> sigmoid tensor(float) probability")]
    [InlineData("v5_txhousing_regression_nan", "X tensor(float)[N,5] -> prediction tensor(float); X reads 5")]
    [InlineData("wine_xgb_multiclass", "input tensor(float)[?,13] -> label tensor(int64) probability labels 0,1,2; probabilities tensor(float) probability; input reads 13")]
    [InlineData("xgb_default_softmax_margins", "input tensor(float)[?,2] -> label tensor(int64) probability labels 0,1,2; probabilities tensor(float) probability; input reads 2")]
    [InlineData("xgb_loans_categorical", "input tensor(float)[?,9] -> label tensor(int64) probability labels 0,1; probabilities tensor(float) probability; input reads 9")]
    public void Fixture_IsReadAsItIs(string fixture, string expected)
    {
        Assert.Equal(expected, Summary(GraphReader.Read(OnnxFile.Read(new FixtureFolder(fixture).Graph))));
    }

    [Theory]
    [InlineData("Identity")]
    [InlineData("Cast")]
    [InlineData("Reshape")]
    [InlineData("Squeeze")]
    [InlineData("Flatten")]
    public void Output_BehindShapingNodes_ComesFromTheClassifier(string type)
    {
        var model = Model(
            [Classifier(), Node(type, ["scores"], ["p"]), Node(type, ["label"], ["l"])],
            [Value("X", 1, -1, 2)],
            [Value("p", 1, -1, 2), Value("l", 8, -1)]);

        var graph = GraphReader.Read(model);

        Assert.True(graph.Outputs[0].FromProbabilityNode);
        Assert.True(graph.Outputs[0].LabelList.IsDefault);
        Assert.Equal(["no", "yes"], graph.Outputs[1].LabelList.Select(label => label.ToString()));
    }

    [Fact]
    public void Output_BehindArithmetic_ComesFromNowhereKnown()
    {
        var graph = GraphReader.Read(Model(
            [Classifier(), Node("Mul", ["scores", "two"], ["p"])], [Value("X", 1, -1, 2)], [Value("p", 1, -1, 2)], Floats("two", [1], 2)));

        Assert.False(graph.Outputs[0].FromProbabilityNode);
    }

    [Fact]
    public void Sigmoid_WithinAFunctionOfTheModel_IsFound()
    {
        var model = Model([Node("squash", ["X"], ["y"], "own")], [Value("X", 1, -1, 1)], [Value("y", 1, -1, 1)]);
        model.Functions.Add(new FunctionProto { Name = "squash", Domain = "own", Input = { "a" }, Output = { "c" }, Node = { Node("Sigmoid", ["a"], ["b"]), Node("Identity", ["b"], ["c"]) } });

        Assert.True(GraphReader.Read(model).Outputs[0].FromProbabilityNode);
    }

    [Fact]
    public void Label_PickedFromAConstant_IsCastAsTheGraphCastsIt()
    {
        var model = Model(
            [
                Node("Constant", [], ["names"], "", new AttributeProto { Name = "value_floats", Type = 6, Floats = { 3, 7 } }),
                Node("ArrayFeatureExtractor", ["names", "X"], ["picked"], Ml),
                Node("Cast", ["picked"], ["whole"], "", Int("to", 7)),
                Node("Cast", ["whole"], ["label"], "", Int("to", 8)),
            ],
            [Value("X", 7, -1, 1)],
            [Value("whole", 7, -1), Value("label", 8, -1)]);

        var graph = GraphReader.Read(model);

        Assert.Equal([Scalar.Of(3L), Scalar.Of(7L)], graph.Outputs[0].LabelList);
        Assert.Equal([Scalar.Of("3"), Scalar.Of("7")], graph.Outputs[1].LabelList);
    }

    [Fact]
    public void Labels_OfAnInitializerInRawBytes_AreRead()
    {
        var raw = new TensorProto { Name = "names", DataType = 7, Dims = { 2 }, RawData = Google.Protobuf.ByteString.CopyFrom([4, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255]) };

        var graph = GraphReader.Read(Model([Node("ArrayFeatureExtractor", ["names", "X"], ["label"], Ml)], [Value("X", 7, -1, 1)], [Value("label", 7, -1)], raw));

        Assert.Equal([Scalar.Of(4L), Scalar.Of(-1L)], graph.Outputs[0].LabelList);
    }

    [Fact]
    public void Outputs_ThatNoInputReaches_AreConstant()
    {
        var branch = new GraphProto { Name = "b", Node = { Node("Identity", ["X"], ["inner"]) }, Output = { Value("inner", 1) } };
        var model = Model(
            [Node("Identity", ["w"], ["fixed"]), Node("If", ["c"], ["captured"], "", Body("then_branch", branch), Body("else_branch", branch.Clone()))],
            [Value("X", 1, -1, 1), Value("w", 1, 1)],
            [Value("fixed", 1, 1), Value("captured", 1, -1, 1)],
            Floats("w", [1], 5), new TensorProto { Name = "c", DataType = 9, Int32Data = { 1 } });

        var graph = GraphReader.Read(model);

        Assert.Equal(["X"], graph.Inputs.Select(input => input.Name));
        Assert.True(graph.Outputs[0].IsConstant);
        Assert.False(graph.Outputs[1].IsConstant);
    }

    [Fact]
    public void TreeFeatures_OfLeaves_AreNotCounted()
    {
        var model = DeepTree(2);
        model.Graph.Node[0].Attribute.Single(attribute => attribute.Name == "nodes_featureids").Ints[1] = 9;

        Assert.Equal(1, GraphReader.Read(model).TreeFeatureCount["X"]);
    }

    [Fact]
    public void Circles_AndChainsWithoutEnd_AreWalkedOnlySoFar()
    {
        var model = Model([Node("Identity", ["a"], ["b"]), Node("Identity", ["b"], ["a"])], [Value("X", 1, -1, 1)], [Value("a", 1, -1, 1)]);
        model.Functions.Add(new FunctionProto { Name = "f", Domain = "own", Input = { "a" }, Output = { "b" }, Node = { new NodeProto { OpType = "f", Domain = "own", Input = { "a" }, Output = { "b" } } } });
        model.Graph.Node.Add(Node("f", ["X"], ["y"], "own"));
        model.Graph.Output.Add(Value("y", 1, -1, 1));

        Assert.All(GraphReader.Read(model).Outputs, output => Assert.False(output.FromProbabilityNode));
    }

    private static string Summary(ModelGraph graph)
    {
        var inputs = graph.Inputs.GroupBy(input => $"{input.TypeName}[{string.Join(',', input.Dims.Select(dim => dim.Size?.ToString() ?? dim.Symbol ?? "?"))}]")
            .Select(group => $"{string.Join('+', group.Select(input => input.Name))} {group.Key}");
        var outputs = graph.Outputs.Select(output =>
            $"{output.Name} {output.TypeName}{(output.FromProbabilityNode ? " probability" : "")}{(output.LabelList.IsDefault ? "" : " labels " + string.Join(',', output.LabelList))}"
            + (output.MapKeys.IsDefault ? "" : " keys " + string.Join(',', output.MapKeys)) + (output.IsConstant ? " constant" : ""));
        var trees = graph.TreeFeatureCount.Select(tree => $"{tree.Key} reads {tree.Value}");
        return string.Join("; ", inputs) + " -> " + string.Join("; ", outputs.Concat(trees));
    }
}
