using Google.Protobuf;
using MlOps.Format;

namespace MlOps.Benchmarks.Predictions;

/// <summary>A made-up forest: 30 features, trees of depth 5, two classes. The same bytes at every run.</summary>
internal static class TreeModel
{
    public const int Features = 30;
    private const int Depth = 5;

    /// <param name="seed">Another one makes another file of the same shape.</param>
    public static byte[] Write(int trees = 100, int seed = 11)
    {
        var random = new Random(seed);
        List<long> treeIds = [], ids = [], features = [], yes = [], no = [], leafTrees = [], leafIds = [], classes = [];
        List<float> values = [], weights = [];
        List<string> modes = [];
        const int Inner = (1 << Depth) - 1;
        for (var tree = 0; tree < trees; tree++)
        {
            for (var node = 0; node < (2 * Inner) + 1; node++)
            {
                var inner = node < Inner;
                treeIds.Add(tree);
                ids.Add(node);
                features.Add(inner ? random.Next(Features) : 0);
                values.Add(inner ? (float)((random.NextDouble() * 2) - 1) : 0);
                modes.Add(inner ? "BRANCH_LEQ" : "LEAF");
                yes.Add(inner ? (2 * node) + 1 : 0);
                no.Add(inner ? (2 * node) + 2 : 0);
                if (!inner)
                {
                    leafTrees.Add(tree);
                    leafIds.Add(node);
                    classes.Add(0);
                    weights.Add((float)((random.NextDouble() * 0.1) - 0.05));
                }
            }
        }

        var forest = new NodeProto
        {
            OpType = "TreeEnsembleClassifier",
            Domain = "ai.onnx.ml",
            Input = { "X" },
            Output = { "label", "probabilities" },
            Attribute =
            {
                Ints("nodes_treeids", treeIds), Ints("nodes_nodeids", ids), Ints("nodes_featureids", features), Floats("nodes_values", values),
                new AttributeProto { Name = "nodes_modes", Type = 8, Strings = { modes.Select(ByteString.CopyFromUtf8) } },
                Ints("nodes_truenodeids", yes), Ints("nodes_falsenodeids", no),
                Ints("class_treeids", leafTrees), Ints("class_nodeids", leafIds), Ints("class_ids", classes), Floats("class_weights", weights),
                Ints("classlabels_int64s", [0, 1]), new AttributeProto { Name = "post_transform", Type = 3, S = ByteString.CopyFromUtf8("LOGISTIC") },
            },
        };
        return new ModelProto
        {
            IrVersion = 8,
            OpsetImport = { new OperatorSetIdProto { Domain = "", Version = 17 }, new OperatorSetIdProto { Domain = "ai.onnx.ml", Version = 3 } },
            Graph = new GraphProto { Name = "forest", Node = { forest }, Input = { Value("X", 1, Features) }, Output = { Value("label", 7, null), Value("probabilities", 1, 2) } },
        }.ToByteArray();
    }

    /// <summary>Rows as JSON objects with names f0 … f29 and values of six digits.</summary>
    public static string[] Rows(int count)
    {
        var random = new Random(12);
        return [.. Enumerable.Range(0, count).Select(_ => "{" + string.Join(",", Enumerable.Range(0, Features).Select(feature =>
            string.Create(System.Globalization.CultureInfo.InvariantCulture, $"\"f{feature}\":{(random.NextDouble() * 2) - 1:0.000000}"))) + "}")];
    }

    public static string Csv(int rows)
    {
        var random = new Random(13);
        var header = string.Join(",", Enumerable.Range(0, Features).Select(feature => $"f{feature}"));
        return header + "\n" + string.Concat(Enumerable.Range(0, rows).Select(_ => string.Join(",", Enumerable.Range(0, Features).Select(_ =>
            ((random.NextDouble() * 2) - 1).ToString("0.000000", System.Globalization.CultureInfo.InvariantCulture))) + "\n"));
    }

    private static AttributeProto Ints(string name, IEnumerable<long> values) => new() { Name = name, Type = 7, Ints = { values } };

    private static AttributeProto Floats(string name, IEnumerable<float> values) => new() { Name = name, Type = 6, Floats = { values } };

    private static ValueInfoProto Value(string name, int type, int? width)
    {
        var shape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimParam = "N" } } };
        if (width is not null)
        {
            shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = width.Value });
        }

        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = type, Shape = shape } } };
    }
}
