using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using MlOps.Contributions;
using MlOps.Format;
using MlOps.Models;
using MlOps.Tests.Models;
using MlOps.Tests.Registration;
using Xunit;

namespace MlOps.Tests.Contributions;

/// <summary>What is read of an exporter's trees scores as ONNX Runtime does.</summary>
public sealed class TreeEnsembleReaderTests
{
    private const int Rows = 500;

    public static TheoryData<string> Exported =>
    [
        "cat_oj_binary", "churn_rf_pipeline_zipmap", "credit_gbc", "credit_xgb_nan", "flights_gbr", "flights_origin", "h2o_gbm_titanic", "lgbm_visits_poisson",
        "skl_ames_dataframe_names_nan", "skl_births_rf_nan_columns", "v5_txhousing_regression_nan", "wine_xgb_multiclass", "xgb_default_softmax_margins", "xgb_loans_categorical",
    ];

    [Theory]
    [MemberData(nameof(Exported))]
    public void Trees_ScoreAsTheRuntimeDoes(string fixture)
    {
        var model = OnnxFile.Read(new FixtureFolder(fixture).At("model.onnx"));
        var node = model.Graph.Node.First(node => node.IsTreeEnsemble());
        var read = TreeEnsembleReader.Read(node);
        var rows = RowsFor(read.Ensemble);

        var answered = Run(model, node, rows, read.Ensemble.Columns);

        var (width, scale) = (answered.Length / Rows, answered.Max(MathF.Abs));
        for (var row = 0; row < Rows; row++)
        {
            var raw = read.Ensemble.Score(Array.ConvertAll(rows[(row * read.Ensemble.Columns)..((row + 1) * read.Ensemble.Columns)], value => (double)value));
            var scores = Transformed(read.Transform, raw, width);
            for (var at = 0; at < scores.Length; at++)
            {
                var expected = answered[(row * width) + width - scores.Length + at];
                Assert.Equal(expected, scores[at], 1e-5 * (1 + scale));
            }
        }
    }

    // Of a binary classifier's one score the second column is known.
    private static double[] Transformed(PostTransform transform, double[] raw, int width) => transform switch
    {
        PostTransform.None => raw,
        PostTransform.Logistic => Array.ConvertAll(raw, score => 1 / (1 + Math.Exp(-score))),
        PostTransform.Softmax when raw.Length == width => Softmax(raw),
        _ => throw new InvalidOperationException($"{transform} of {raw.Length} scores as {width}."),
    };

    private static double[] Softmax(double[] raw)
    {
        var sum = raw.Sum(Math.Exp);
        return Array.ConvertAll(raw, score => Math.Exp(score) / sum);
    }

    // On thresholds, right beside them, and missing.
    private static float[] RowsFor(TreeEnsemble ensemble)
    {
        var random = new Random(7);
        var values = ensemble.Trees.SelectMany(tree => tree.Nodes).Where(node => node.Split is not null).Select(node => node.Split!).ToLookup(split => split.Column, split => (float)split.Value);
        var rows = new float[Rows * ensemble.Columns];
        for (var at = 0; at < rows.Length; at++)
        {
            var known = values[at % ensemble.Columns].ToArray();
            var value = known.Length == 0 ? 0 : known[random.Next(known.Length)];
            rows[at] = random.Next(5) switch
            {
                0 => value,
                1 => MathF.BitIncrement(value),
                2 => MathF.BitDecrement(value),
                3 => value + (float)random.NextDouble() - 0.5f,
                _ => float.NaN,
            };
        }

        return rows;
    }

    private static float[] Run(ModelProto model, NodeProto node, float[] rows, int columns)
    {
        var alone = new ModelProto(model)
        {
            Graph = new GraphProto { Name = "g", Node = { new NodeProto(node) }, Input = { Graphs.Value(node.Input[0], TensorTypes.Float, -1, columns) } },
        };
        alone.Graph.Output.Add(new ValueInfoProto { Name = node.Output[^1] });
        OnnxEnvironment.Start();
        using var session = new InferenceSession(alone.ToByteArray());
        using var input = OrtValue.CreateTensorValueFromMemory(rows, [rows.Length / columns, columns]);
        using var options = new RunOptions();
        using var results = session.Run(options, [node.Input[0]], [input], [node.Output[^1]]);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
