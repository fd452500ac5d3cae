using MlOps.Contributions;
using MlOps.Format;
using MlOps.Models;
using MlOps.Predictions;
using MlOps.Tests.Models;
using Xunit;

namespace MlOps.Tests.Contributions;

/// <summary>Which feature decides which encoded column: as read from the graph, and as the graph does it when one feature is changed.</summary>
public sealed class ColumnLineageTests
{
    public static TheoryData<string, int[]> Encoders => new()
    {
        { "scaled", [0, 1, 2] },
        { "picked", [2, 0] },
        { "sliced", [1, 2] },
        { "sliced from the end", [2] },
        { "split", [2] },
        { "one hot", [1, 1, 1] },
        { "one hot beside numbers", [0, 1, 1, 1, 2] },
        { "replaced where missing", [0, 1, 2] },
        { "gathered twice", [1, 1] },
    };

    [Theory]
    [MemberData(nameof(Encoders))]
    public void Column_IsItsFeatures(string encoder, int[] players)
    {
        var (model, signature) = Graph(encoder);

        var read = Read(model, signature);

        Assert.Equal(players, read);
        AssertDoesSo(model, signature, players);
    }

    [Theory]
    [InlineData("sum of two")]
    [InlineData("matrix")]
    [InlineData("normalized")]
    [InlineData("joined along rows")]
    public void Columns_ThatSeveralFeaturesDecide_AreNobodys(string encoder)
    {
        var (model, signature) = Graph(encoder);

        Assert.Null(Read(model, signature));
    }

    private static int[]? Read(ModelProto model, ModelSignature signature)
    {
        var scope = new GraphScope(model.Graph, new OwnFunctions(model));
        return new ColumnLineage(signature).Of(scope.Find("y")) is { IsDefault: false } found ? [.. found] : null;
    }

    private static void AssertDoesSo(ModelProto model, ModelSignature signature, int[] players)
    {
        using var scratch = new Scratch();
        var cut = new GraphCut("y", players.Length);
        using var loaded = new OnnxModelRuntime().LoadUpTo(cut, "digest", scratch.Write(model), signature);
        using var batch = new PredictionBatch(new PredictionPlan(EncodedColumns.Answering(signature, cut), null));
        double[] row = [1, 2, 3];
        batch.Resize(1 + row.Length);
        for (var at = 0; at <= row.Length; at++)
        {
            for (var feature = 0; feature < row.Length; feature++)
            {
                Assert.Null(batch.Set(at, feature, Scalar.Of(at == feature + 1 ? row[feature] - 1 : row[feature])));
            }
        }

        loaded.Run(batch, 0, batch.Rows, CancellationToken.None);

        for (var feature = 0; feature < row.Length; feature++)
        {
            var changed = Enumerable.Range(0, players.Length).Where(column => batch.Outputs.Scores[((feature + 1) * players.Length) + column] != batch.Outputs.Scores[column]).ToList();
            Assert.All(changed, column => Assert.Equal(feature, players[column]));
            Assert.Equal(players.Contains(feature), changed.Count > 0);
        }
    }

    private static (ModelProto Model, ModelSignature Signature) Graph(string encoder)
    {
        NodeProto[] nodes = encoder switch
        {
            "scaled" =>
            [
                Graphs.Node("Scaler", ["X"], ["s"], Graphs.Ml, Graphs.Floats("offset", 1, 2, 3), Graphs.Floats("scale", 2, 2, 2)),
                Graphs.Node("Mul", ["s", "three"], ["m"]),
                Graphs.Node("Identity", ["m"], ["y"]),
            ],
            "picked" => [Graphs.Node("ArrayFeatureExtractor", ["X", "last_and_first"], ["y"], Graphs.Ml)],
            "sliced" => [Graphs.Node("Slice", ["X", "one", "many", "one"], ["y"])],
            "sliced from the end" => [Graphs.Node("Slice", ["X", "minus_one", "many", "one"], ["y"])],
            "split" => [Graphs.Node("Split", ["X", "two_and_one"], ["a", "y"], "", Graphs.Int("axis", 1))],
            "one hot" => [.. OneHot("y")],
            "one hot beside numbers" =>
            [
                .. OneHot("h"),
                Graphs.Node("Slice", ["X", "zero", "one", "one"], ["first"]),
                Graphs.Node("Slice", ["X", "minus_one", "many", "one"], ["last"]),
                Graphs.Node("Concat", ["first", "h", "last"], ["y"], "", Graphs.Int("axis", 1)),
            ],
            "replaced where missing" =>
            [
                Graphs.Node("IsNaN", ["X"], ["n"]),
                Graphs.Node("Where", ["n", "three", "X"], ["y"]),
            ],
            "gathered twice" => [Graphs.Node("Gather", ["X", "one_and_one"], ["y"], "", Graphs.Int("axis", 1))],
            "sum of two" =>
            [
                Graphs.Node("Slice", ["X", "zero", "one", "one"], ["first"]),
                Graphs.Node("Slice", ["X", "minus_one", "many", "one"], ["last"]),
                Graphs.Node("Add", ["first", "last"], ["y"]),
            ],
            "matrix" => [Graphs.Node("MatMul", ["X", "square"], ["y"])],
            "normalized" => [Graphs.Node("Normalizer", ["X"], ["y"], Graphs.Ml)],
            _ => [Graphs.Node("Concat", ["X", "X"], ["y"], "", Graphs.Int("axis", 0))],
        };
        var model = Graphs.Model(
            nodes,
            [Graphs.Value("X", 1, -1, 3)],
            [Graphs.Value("y", 1, -1, -1)],
            Graphs.Integers("zero", 0),
            Graphs.Integers("one", 1),
            Graphs.Integers("minus_one", -1),
            Graphs.Integers("many", long.MaxValue),
            Graphs.Integers("last_and_first", 2, 0),
            Graphs.Integers("two_and_one", 2, 1),
            Graphs.Integers("one_and_one", 1, 1),
            Graphs.Integers("rows_of_three", -1, 3),
            Graphs.Floats("three", [3], 3, 4, 5),
            Graphs.Floats("square", [3, 3], 1, 0, 0, 0, 1, 0, 0, 0, 1));
        return (model, Serving.Signature(Serving.Value("y"), false, Serving.Input("X", ElementType.Float, 3)));
    }

    private static NodeProto[] OneHot(string output) =>
    [
        Graphs.Node("ArrayFeatureExtractor", ["X", "one"], ["second"], Graphs.Ml),
        Graphs.Node("Cast", ["second"], ["whole"], "", Graphs.Int("to", 7)),
        Graphs.Node("OneHotEncoder", ["whole"], ["spread"], Graphs.Ml, Graphs.Ints("cats_int64s", 1, 2, 3)),
        Graphs.Node("Reshape", ["spread", "rows_of_three"], [output]),
    ];
}
