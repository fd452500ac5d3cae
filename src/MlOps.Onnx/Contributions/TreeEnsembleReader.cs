using System.Collections.Immutable;
using MlOps.Format;
using MlOps.Models;

namespace MlOps.Contributions;

/// <summary>Reads operators of trees: TreeEnsembleClassifier and TreeEnsembleRegressor of opsets 1 and 3, and TreeEnsemble of opset 5.</summary>
internal static class TreeEnsembleReader
{
    private static readonly ImmutableArray<string> Transforms = ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"];

    /// <exception cref="NotSupportedException">It cannot be explained as trees. The message says why; it fits behind "The model".</exception>
    public static TreeEnsembleNode Read(NodeProto node)
    {
        try
        {
            return node.OpType == "TreeEnsemble" ? FlatTrees.Read(node) : Older(node);
        }
        catch (Exception fault) when (fault is IndexOutOfRangeException or KeyNotFoundException or OverflowException or ArgumentException)
        {
            throw new NotSupportedException($"has a {node.OpType} whose lists do not fit together.", fault);
        }
    }

    internal static double Scale(string? function, int trees) => function switch
    {
        null or "SUM" => 1,
        "AVERAGE" => 1.0 / trees,
        _ => throw new NotSupportedException($"takes the {function} of its trees: no sum, so no contributions that add up."),
    };

    internal static PostTransform Transform(long index) =>
        index >= 0 && index < Transforms.Length ? (PostTransform)index : throw new NotSupportedException($"has trees with the unknown post-transform {index}.");

    private static TreeEnsembleNode Older(NodeProto node)
    {
        var columns = new NodeColumns(node);
        var isClassifier = node.OpType == "TreeEnsembleClassifier";
        var prefix = isClassifier ? "class" : "target";
        var ids = columns.Integers($"{prefix}_ids");
        var classes = isClassifier ? Labels.Carried(node) is { IsDefault: false } labels ? labels.Length : 0 : (int)(columns.Integer("n_targets") ?? 1);

        // A binary classifier may have one weight a leaf, under either class: the score of the second.
        var isSingle = isClassifier && classes == 2 && ids.Distinct().Count() == 1;
        var targets = isSingle ? 1 : classes;
        var weights = Weights(columns, prefix, isSingle);
        var trees = new OlderTrees(columns, weights).Read();
        var added = columns.Numbers("base_values");
        var transform = columns.Text("post_transform") is { } name ? Transform(Transforms.IndexOf(name)) : PostTransform.None;
        return new TreeEnsembleNode(
            new TreeEnsemble(
                trees, TreeShape.Columns(trees), targets, added.Length == 0 ? [.. new double[targets]] : Base(added, targets), Scale(isClassifier ? null : columns.Text("aggregate_function"), trees.Length)),
            transform,
            TreeShape.HaveCovers(trees),
            columns.AreDoubles("nodes_values"));
    }

    private static ImmutableArray<double> Base(double[] added, int targets) => added.Length == targets
        ? [.. added]
        : throw new NotSupportedException($"adds {added.Length} base values to {targets} scores.");

    private static ILookup<(long Tree, long Node), LeafWeight> Weights(NodeColumns columns, string prefix, bool isSingle)
    {
        var (trees, nodes, ids, weights) = (
            columns.Integers($"{prefix}_treeids"), columns.Integers($"{prefix}_nodeids"), columns.Integers($"{prefix}_ids"), columns.Numbers($"{prefix}_weights"));
        return Enumerable.Range(0, weights.Length).ToLookup(at => (trees[at], nodes[at]), at => new LeafWeight(isSingle ? 0 : checked((int)ids[at]), weights[at]));
    }
}
