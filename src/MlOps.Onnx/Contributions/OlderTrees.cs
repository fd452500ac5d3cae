using System.Collections.Immutable;

namespace MlOps.Contributions;

/// <summary>Trees whose nodes are named by the numbers of a tree and of a node in it, in lists side by side.</summary>
internal sealed class OlderTrees(NodeColumns columns, ILookup<(long Tree, long Node), LeafWeight> weights)
{
    private readonly long[] trees = columns.Integers("nodes_treeids");
    private readonly long[] ids = columns.Integers("nodes_nodeids");
    private readonly long[] features = columns.Integers("nodes_featureids");
    private readonly long[] whenTrue = columns.Integers("nodes_truenodeids");
    private readonly long[] whenFalse = columns.Integers("nodes_falsenodeids");
    private readonly long[] missing = columns.Integers("nodes_missing_value_tracks_true");
    private readonly string[] modes = columns.Texts("nodes_modes");
    private readonly double[] values = columns.Numbers("nodes_values");
    private readonly double[] hits = columns.Numbers("nodes_hitrates");

    /// <summary>The trees in the order of the file; the first node of each is its root.</summary>
    public ImmutableArray<Tree> Read()
    {
        var places = new Dictionary<(long Tree, long Node), int>();
        for (var at = 0; at < trees.Length; at++)
        {
            places.Add((trees[at], ids[at]), at);
        }

        return [.. Enumerable.Range(0, trees.Length).GroupBy(at => trees[at]).Select(tree => Read([.. tree], places))];
    }

    private Tree Read(int[] at, Dictionary<(long Tree, long Node), int> places)
    {
        var index = at.Select((place, number) => (place, number)).ToDictionary(one => one.place, one => one.number);
        int Child(int place, long[] of) => index[places[(trees[place], of[place])]];
        return TreeShape.Of(
            at.Select(place => modes[place] == "LEAF"
                ? new TreeNode(null, Hits(place), [.. weights[(trees[place], ids[place])]])
                : new TreeNode(
                    new TreeSplit(
                        checked((int)features[place]),
                        Test(modes[place]),
                        values[place],
                        [],
                        missing.Length > 0 && missing[place] != 0,
                        Child(place, whenTrue),
                        Child(place, whenFalse)),
                    Hits(place),
                    [])));
    }

    private double Hits(int place) => hits.Length > 0 ? hits[place] : 0;

    private static SplitTest Test(string mode) => mode switch
    {
        "BRANCH_LEQ" => SplitTest.LessOrEqual,
        "BRANCH_LT" => SplitTest.Less,
        "BRANCH_GTE" => SplitTest.GreaterOrEqual,
        "BRANCH_GT" => SplitTest.Greater,
        "BRANCH_EQ" => SplitTest.Equal,
        "BRANCH_NEQ" => SplitTest.NotEqual,
        _ => throw new NotSupportedException($"has trees with the unknown node mode '{mode}'."),
    };
}
