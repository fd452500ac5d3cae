using Google.Protobuf;
using MlOps.Format;

namespace MlOps;

/// <summary>Writes boosted trees as an ONNX <c>TreeEnsembleClassifier</c> with two classes, with the real number of training rows at every node.</summary>
internal static class TreeClassifierWriter
{
    private const string Domain = "ai.onnx.ml";

    private enum Kind
    {
        Float = 1,
        Text = 3,
        Floats = 6,
        Ints = 7,
        Texts = 8,
    }

    public static byte[] Write(IEnumerable<LightGbmTree> trees, int features)
    {
        var nodes = new NodeColumns();
        foreach (var (tree, id) in trees.Select((tree, id) => (tree, id)))
        {
            nodes.Add(tree, id);
        }

        var graph = new GraphProto
        {
            Name = "fraud",
            Node = { nodes.ToNode() },
            Input = { Value("X", 1, features) },
            Output = { Value("label", 7), Value("probabilities", 1, 2) },
        };
        return new ModelProto
        {
            IrVersion = 8,
            Graph = graph,
            OpsetImport = { new OperatorSetIdProto { Domain = "", Version = 17 }, new OperatorSetIdProto { Domain = Domain, Version = 3 } },
        }.ToByteArray();
    }

    private static ValueInfoProto Value(string name, int type, int? width = null)
    {
        var shape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimParam = "N" } } };
        if (width is not null)
        {
            shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = width.Value });
        }

        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = type, Shape = shape } } };
    }

    private sealed class NodeColumns
    {
        private readonly List<long> trees = [], ids = [], features = [], whenTrue = [], whenFalse = [], missing = [], leafTrees = [], leafNodes = [], classes = [];
        private readonly List<float> values = [], hits = [], weights = [];
        private readonly List<string> modes = [];

        public void Add(LightGbmTree tree, int id)
        {
            var splits = tree.Features.Length;
            long Node(int child) => child >= 0 ? child : splits + ~child;
            for (var split = 0; split < splits; split++)
            {
                // The graph compares 32-bit floats: the largest one below the threshold splits them as LightGBM splits doubles.
                var threshold = (float)tree.Thresholds[split];
                Branch(id, split, tree.Features[split], threshold > tree.Thresholds[split] ? MathF.BitDecrement(threshold) : threshold, "BRANCH_LEQ",
                    Node(tree.Left[split]), Node(tree.Right[split]), tree.InternalCounts[split]);
            }

            for (var leaf = 0; leaf < tree.LeafValues.Length; leaf++)
            {
                Branch(id, splits + leaf, 0, 0, "LEAF", 0, 0, tree.LeafCounts.Length > leaf ? tree.LeafCounts[leaf] : 0);
                leafTrees.Add(id);
                leafNodes.Add(splits + leaf);
                classes.Add(0);
                weights.Add((float)tree.LeafValues[leaf]);
            }
        }

        public NodeProto ToNode() => new()
        {
            OpType = "TreeEnsembleClassifier",
            Domain = Domain,
            Input = { "X" },
            Output = { "label", "probabilities" },
            Attribute =
            {
                Ints("class_ids", classes), Ints("class_nodeids", leafNodes), Ints("class_treeids", leafTrees), Floats("class_weights", weights),
                Ints("classlabels_int64s", [0, 1]),
                Ints("nodes_falsenodeids", whenFalse), Ints("nodes_featureids", features), Floats("nodes_hitrates", hits),
                Ints("nodes_missing_value_tracks_true", missing), Texts("nodes_modes", modes), Ints("nodes_nodeids", ids), Ints("nodes_treeids", trees),
                Ints("nodes_truenodeids", whenTrue), Floats("nodes_values", values),
                new AttributeProto { Name = "post_transform", Type = (int)Kind.Text, S = ByteString.CopyFromUtf8("LOGISTIC") },
            },
        };

        private void Branch(int tree, long node, int feature, float value, string mode, long yes, long no, double hit)
        {
            trees.Add(tree);
            ids.Add(node);
            features.Add(feature);
            values.Add(value);
            modes.Add(mode);
            whenTrue.Add(yes);
            whenFalse.Add(no);
            missing.Add(0);
            hits.Add((float)hit);
        }

        private static AttributeProto Ints(string name, IEnumerable<long> values) => new() { Name = name, Type = (int)Kind.Ints, Ints = { values } };

        private static AttributeProto Floats(string name, IEnumerable<float> values) => new() { Name = name, Type = (int)Kind.Floats, Floats = { values } };

        private static AttributeProto Texts(string name, IEnumerable<string> values) =>
            new() { Name = name, Type = (int)Kind.Texts, Strings = { values.Select(ByteString.CopyFromUtf8) } };
    }
}
