using System.Collections.Immutable;
using System.Text.Json;
using MlOps.Format;
using MlOps.Models;
using MlOps.Models.Registration;
using MlOps.Tests.Models;
using Xunit;

namespace MlOps.Tests.Registration;

/// <summary>Graphs of other shapes and types than exporters usually write, for the same rules.</summary>
public sealed class OtherGraphTests : IDisposable
{
    private readonly Scratch scratch = new();

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void ColumnsInTheFirstDimension_AreNoScoresOfARow()
    {
        var model = Graphs.Model(
            [Graphs.Node("Transpose", ["X"], ["t"]), Graphs.Node("ReduceSum", ["X", "axes"], ["y"])],
            [Graphs.Value("X", 1, -1, 3)],
            [Graphs.Value("t", 1, 3, -1), Graphs.Value("y", 1, -1, 1)],
            Graphs.Integers("axes", 1));

        using var understood = Understand(model);

        Assert.Equal(["t"], understood.Signature.Output.Ignored);
        Assert.Equal(6, Predict(understood, """{"X_0": 1, "X_1": 2, "X_2": 3}""").Value);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(6)]
    [InlineData(12)]
    public void IntegerLabelOfAnyWidth_IsALabel(int type)
    {
        var model = Graphs.Model([Graphs.Node("Abs", ["X"], ["a"]), Graphs.Node("Cast", ["a"], ["label"], "", Graphs.Int("to", type))], [Graphs.Value("X", 1, -1, 1)], [Graphs.Value("label", type, -1, 1)]);

        using var understood = Understand(model, """{"classes": ["a", "b", "c"]}""");

        Assert.Equal("c", Predict(understood, """{"X": 2}""").Label);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(11)]
    public void FloatsOfAnyWidth_AreFedAndRead(int type)
    {
        var model = Graphs.Model(
            [Graphs.Node("Softmax", ["X"], ["s"], "", Graphs.Int("axis", 1)), Graphs.Node("Identity", ["s"], ["p"])],
            [Graphs.Value("X", type, -1, 2)], [Graphs.Value("p", type, -1, 2)]);

        // Sums of 16 bits are not within the ten-thousandth that goes without saying.
        using var understood = Understand(model, """{"classes": ["no", "yes"], "outputs": {"kind": "probability"}}""");
        var prediction = Predict(understood, """{"X_0": 0, "X_1": 1}""");

        Assert.Equal("yes", prediction.Label);
        Assert.Equal(0.7310586, prediction.Probabilities[1], type == 10 ? 1e-3 : 1e-6);
    }

    [Theory]
    [InlineData("[[[1, 2], [3, 4]]]")]
    [InlineData("[1, 2, 3, 4]")]
    public void ConstantOfRank3_IsRepeatedForEveryRow(string value)
    {
        var model = Graphs.Model(
            [Graphs.Node("ReduceSum", ["K", "axes"], ["k"], "", Graphs.Int("keepdims", 0)), Graphs.Node("Add", ["x", "k"], ["y"])],
            [Graphs.Value("x", 1, -1), Graphs.Value("K", 1, -1, 2, 2)], [Graphs.Value("y", 1, -1)], Graphs.Integers("axes", 1, 2));

        using var understood = Understand(model, $$$"""{"constants": {"K": {{{value}}}}}""");

        Assert.Equal([11.0, 12], understood.Predict(Row("""{"x": 1}"""), Row("""{"x": 2}""")).Predictions.Select(one => one.Value!.Value));
    }

    [Fact]
    public void ConstantOfFreeSizes_TakesThoseOfItsLists()
    {
        var model = Graphs.Model(
            [Graphs.Node("ReduceSum", ["K", "axes"], ["k"], "", Graphs.Int("keepdims", 0)), Graphs.Node("Add", ["x", "k"], ["y"])],
            [Graphs.Value("x", 1, -1), Graphs.Value("K", 1, -1, -1, -1)], [Graphs.Value("y", 1, -1)], Graphs.Integers("axes", 1, 2));

        using var understood = Understand(model, """{"constants": {"K": [[[1, 2], [3, 4]]]}}""");

        Assert.Equal([11.0, 12], understood.Predict(Row("""{"x": 1}"""), Row("""{"x": 2}""")).Predictions.Select(one => one.Value!.Value));
    }

    [Fact]
    public void ConstantNestedInAnotherShape_IsRefused()
    {
        var model = Graphs.Model(
            [Graphs.Node("ReduceSum", ["K", "axes"], ["k"], "", Graphs.Int("keepdims", 0)), Graphs.Node("Add", ["x", "k"], ["y"])],
            [Graphs.Value("x", 1, -1), Graphs.Value("K", 1, -1, 2, 3)], [Graphs.Value("y", 1, -1)], Graphs.Integers("axes", 1, 2));

        Assert.Equal(ErrorCode.InvalidMetadata, Assert.Throws<MlOpsException>(() => Understand(model, """{"constants": {"K": [[[1, 2], [3, 4], [5, 6]]]}}""")).Code);
    }

    [Fact]
    public void ForestThatRoundsAboveOne_AnswersProbabilities()
    {
        var model = Graphs.Model(
            [Graphs.Node("Mul", ["X", "zero"], ["none"]), Graphs.Node("Add", ["none", "p"], ["y"])],
            [Graphs.Value("X", 1, -1, 2)], [Graphs.Value("y", 1, -1, 2)],
            Graphs.Floats("zero", [2], 0, 0), Graphs.Floats("p", [2], 1.0000005f, -5e-7f));

        using var understood = Understand(model, """{"classes": ["no", "yes"]}""");

        Assert.Equal(ScoreKind.Probability, understood.Signature.Output.Kind);
    }

    private UnderstoodModel Understand(ModelProto model, string? metadata = null)
    {
        var folder = Directory.CreateTempSubdirectory("mlops-rules-").FullName;
        var path = scratch.Write(model);
        var file = OnnxModelFile.Open(path, ImmutableDictionary<string, string>.Empty, folder, out _);
        return new UnderstoodModel(ModelRegistration.Understand(file, Scratch.Upload(path) with { Metadata = metadata }, new RowsReading(ParquetExtensions.Reader, long.MaxValue), CancellationToken.None), file, folder);
    }

    private static MlOps.Predictions.Prediction Predict(UnderstoodModel model, string row)
    {
        Assert.Null(model.Predict(Row(model.Checked.ExampleRequest).GetProperty("inputs")).Refusal);
        return model.Predict(Row(row)).Predictions.Single();
    }

    private static JsonElement Row(string json) => JsonDocument.Parse(json).RootElement;
}
