using System.Collections.Immutable;
using MlOps.Format;

namespace MlOps.Contributions;

/// <summary>Trees of the operator TreeEnsemble: splits in one list, leaves in another.</summary>
internal sealed class FlatTrees
{
    private const int Average = 0;
    private const int Sum = 1;

    private readonly long[] features;
    private readonly double[] modes;
    private readonly double[] values;
    private readonly double[] hits;
    private readonly long[] missing;
    private readonly long[] whenTrue;
    private readonly long[] whenFalse;
    private readonly long[] trueIsLeaf;
    private readonly long[] falseIsLeaf;
    private readonly long[] targets;
    private readonly double[] weights;
    private readonly Queue<ImmutableArray<double>> members;
    private readonly ImmutableArray<double>[] membersOf;

    private FlatTrees(NodeColumns columns)
    {
        (features, modes, values, hits) = (columns.Integers("nodes_featureids"), columns.Numbers("nodes_modes"), columns.Numbers("nodes_splits"), columns.Numbers("nodes_hitrates"));
        (missing, whenTrue, whenFalse) = (columns.Integers("nodes_missing_value_tracks_true"), columns.Integers("nodes_truenodeids"), columns.Integers("nodes_falsenodeids"));
        (trueIsLeaf, falseIsLeaf) = (columns.Integers("nodes_trueleafs"), columns.Integers("nodes_falseleafs"));
        (targets, weights) = (columns.Integers("leaf_targetids"), columns.Numbers("leaf_weights"));
        members = new(Sets(columns.Numbers("membership_values")));
        membersOf = [.. modes.Select(mode => (SplitTest)(byte)mode == SplitTest.Member ? members.Dequeue() : [])];
    }

    public static TreeEnsembleNode Read(NodeProto node)
    {
        var columns = new NodeColumns(node);
        var read = new FlatTrees(columns);
        ImmutableArray<Tree> trees = [.. columns.Integers("tree_roots").Select(root => read.Tree(checked((int)root)))];
        var targets = (int)(columns.Integer("n_targets") ?? 1);
        var scale = (columns.Integer("aggregate_function") ?? Sum) switch
        {
            Sum => 1,
            Average => 1.0 / trees.Length,
            var other => TreeEnsembleReader.Scale(other == 2 ? "MIN" : "MAX", trees.Length),
        };
        return new TreeEnsembleNode(
            new TreeEnsemble(trees, TreeShape.Columns(trees), targets, [.. new double[targets]], scale),
            TreeEnsembleReader.Transform(columns.Integer("post_transform") ?? 0),
            TreeShape.HaveCovers(trees),
            columns.AreDoubles("nodes_splits"));
    }

    // Ended by NaN each.
    private static IEnumerable<ImmutableArray<double>> Sets(double[] values)
    {
        var from = 0;
        for (var at = 0; at < values.Length; at++)
        {
            if (double.IsNaN(values[at]))
            {
                yield return [.. values[from..at].Order()];
                from = at + 1;
            }
        }
    }

    // A tree of one leaf is written as a split whose sides are the same leaf.
    private Tree Tree(int root)
    {
        var nodes = new List<TreeNode>();
        var places = new Dictionary<(bool IsLeaf, long At), int>();
        var waiting = new Queue<(bool IsLeaf, long At)>();
        int Place(bool isLeaf, long at)
        {
            if (!places.TryGetValue((isLeaf, at), out var place))
            {
                places[(isLeaf, at)] = place = places.Count;
                waiting.Enqueue((isLeaf, at));
            }

            return place;
        }

        Place(false, root);
        while (waiting.TryDequeue(out var next))
        {
            var at = next.At;
            nodes.Add(next.IsLeaf
                ? new TreeNode(null, 0, [new LeafWeight(checked((int)targets[at]), weights[at])])
                : new TreeNode(
                    new TreeSplit(
                        checked((int)features[at]),
                        (SplitTest)(byte)modes[at],
                        values[at],
                        membersOf[at],
                        missing.Length > 0 && missing[at] != 0,
                        Place(trueIsLeaf[at] != 0, whenTrue[at]),
                        Place(falseIsLeaf[at] != 0, whenFalse[at])),
                    hits.Length > 0 ? hits[at] : 0,
                    []));
        }

        return TreeShape.Of(nodes);
    }
}
