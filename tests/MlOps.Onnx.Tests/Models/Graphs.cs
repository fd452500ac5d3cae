using Google.Protobuf;
using MlOps.Format;

namespace MlOps.Tests.Models;

/// <summary>Writes small graphs: each is one call with its nodes.</summary>
internal static class Graphs
{
    public const string Ml = "ai.onnx.ml";

    public static ModelProto Model(IEnumerable<NodeProto> nodes, ValueInfoProto[] inputs, ValueInfoProto[] outputs, params TensorProto[] initializers) => new()
    {
        IrVersion = 8,
        OpsetImport = { new OperatorSetIdProto { Domain = "", Version = 17 }, new OperatorSetIdProto { Domain = Ml, Version = 3 } },
        Graph = new GraphProto { Name = "g", Node = { nodes }, Input = { inputs }, Output = { outputs }, Initializer = { initializers } },
    };

    public static NodeProto Node(string type, string[] inputs, string[] outputs, string domain = "", params AttributeProto[] attributes) =>
        new() { OpType = type, Domain = domain, Input = { inputs }, Output = { outputs }, Attribute = { attributes } };

    /// <summary>A tensor's name, type and shape; −1 is a free dimension.</summary>
    public static ValueInfoProto Value(string name, int type, params long[] dims) => new()
    {
        Name = name,
        Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = type, Shape = new TensorShapeProto { Dim = { dims.Select(Dim) } } } },
    };

    public static AttributeProto Int(string name, long value) => new() { Name = name, Type = 2, I = value };

    public static AttributeProto Ints(string name, params long[] values) => new() { Name = name, Type = 7, Ints = { values } };

    public static AttributeProto Floats(string name, params float[] values) => new() { Name = name, Type = 6, Floats = { values } };

    public static AttributeProto Texts(string name, params string[] values) =>
        new() { Name = name, Type = 8, Strings = { values.Select(ByteString.CopyFromUtf8) } };

    public static AttributeProto Body(string name, GraphProto graph) => new() { Name = name, Type = 5, G = graph };

    public static TensorProto Floats(string name, long[] dims, params float[] values) => new() { Name = name, DataType = 1, Dims = { dims }, FloatData = { values } };

    public static TensorProto Integers(string name, params long[] values) => new() { Name = name, DataType = 7, Dims = { values.Length }, Int64Data = { values } };

    public static TensorProto Strings(string name, params string[] values) =>
        new() { Name = name, DataType = 8, Dims = { values.Length }, StringData = { values.Select(ByteString.CopyFromUtf8) } };

    public static TensorProto External(string name, string location, long[] dims, long? offset = null, long? length = null)
    {
        var tensor = new TensorProto { Name = name, DataType = 1, Dims = { dims }, DataLocation = 1 };
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
        foreach (var (key, value) in new[] { ("offset", offset), ("length", length) })
        {
            if (value is { } number)
            {
                tensor.ExternalData.Add(new StringStringEntryProto { Key = key, Value = number.ToString(System.Globalization.CultureInfo.InvariantCulture) });
            }
        }

        return tensor;
    }

    /// <summary>A two-class linear classifier over "X" with its label and probabilities.</summary>
    public static NodeProto Classifier(string label = "label", string scores = "scores", params string[] classes) => Node(
        "LinearClassifier", ["X"], [label, scores], Ml,
        Floats("coefficients", -1, 0, 1, 0), Floats("intercepts", 0, 0), Texts("classlabels_strings", classes.Length > 0 ? classes : ["no", "yes"]), Logistic());

    /// <summary>A regressor of one tree that is a chain of splits.</summary>
    public static ModelProto DeepTree(int depth)
    {
        var all = Enumerable.Range(0, (2 * depth) + 1).ToArray();
        bool Splits(int node) => node % 2 == 0 && node < 2 * depth;
        var leaves = all.Where(node => !Splits(node)).Select(node => (long)node).ToArray();
        var tree = Node(
            "TreeEnsembleRegressor", ["X"], ["y"], Ml,
            Ints("nodes_treeids", [.. all.Select(_ => 0L)]),
            Ints("nodes_nodeids", [.. all.Select(node => (long)node)]),
            Ints("nodes_featureids", [.. all.Select(_ => 0L)]),
            Texts("nodes_modes", [.. all.Select(node => Splits(node) ? "BRANCH_LEQ" : "LEAF")]),
            Floats("nodes_values", [.. all.Select(node => (float)node)]),
            Ints("nodes_truenodeids", [.. all.Select(node => Splits(node) ? node + 1L : 0)]),
            Ints("nodes_falsenodeids", [.. all.Select(node => Splits(node) ? node + 2L : 0)]),
            Ints("target_treeids", [.. leaves.Select(_ => 0L)]),
            Ints("target_nodeids", leaves),
            Ints("target_ids", [.. leaves.Select(_ => 0L)]),
            Floats("target_weights", [.. leaves.Select(leaf => (float)leaf)]),
            Int("n_targets", 1));
        return Model([tree], [Value("X", 1, -1, 1)], [Value("y", 1, -1, 1)]);
    }

    /// <summary>A Loop without a trip count or condition.</summary>
    public static ModelProto EndlessLoop()
    {
        var body = new GraphProto
        {
            Name = "body",
            Node = { Node("Identity", ["going"], ["goes_on"]), Node("Identity", ["v"], ["next"]) },
            Input = { Value("i", 7), Value("going", 9), Value("v", 1, -1, 1) },
            Output = { Value("goes_on", 9), Value("next", 1, -1, 1) },
        };
        return Model([Node("Loop", ["", "", "X"], ["y"], "", Body("body", body))], [Value("X", 1, -1, 1)], [Value("y", 1, -1, 1)]);
    }

    private static AttributeProto Logistic() => new() { Name = "post_transform", Type = 3, S = ByteString.CopyFromUtf8("LOGISTIC") };

    private static TensorShapeProto.Types.Dimension Dim(long size) =>
        size < 0 ? new TensorShapeProto.Types.Dimension { DimParam = "N" } : new TensorShapeProto.Types.Dimension { DimValue = size };
}
