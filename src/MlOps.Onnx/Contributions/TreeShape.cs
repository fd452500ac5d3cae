using System.Collections.Immutable;

namespace MlOps.Contributions;

/// <summary>What must hold for nodes to be trees, and what can be told from them.</summary>
internal static class TreeShape
{
    // Deeper than any learner grows; a file may be made to exhaust whoever walks it.
    private const int Deepest = 1_000;
    private const double Rounding = 1e-5;

    /// <summary>The nodes as a tree, the root first.</summary>
    /// <exception cref="NotSupportedException">They are none, or nobody's.</exception>
    public static Tree Of(IEnumerable<TreeNode> nodes)
    {
        var made = nodes.ToArray();
        for (var at = 0; at < made.Length; at++)
        {
            made[at] = MergeChain(made, made[at]);
        }

        CheckDepth(made);
        return new Tree([.. made]);
    }

    /// <summary>Columns that the splits look at: the highest, and all before it.</summary>
    public static int Columns(ImmutableArray<Tree> trees) =>
        trees.SelectMany(tree => tree.Nodes).Where(node => node.Split is not null).Select(node => node.Split!.Column + 1).DefaultIfEmpty(0).Max();

    /// <summary>Whether the covers are those of real rows.</summary>
    public static bool HaveCovers(ImmutableArray<Tree> trees) => trees.All(
        tree => tree.Nodes[0].Cover > 1
            && tree.Nodes.All(node => node.Split is not { } split || Math.Abs(tree.Nodes[split.True].Cover + tree.Nodes[split.False].Cover - node.Cover) <= Rounding * node.Cover));

    // A split by a set is written as a chain of comparisons with one value each that share their true side: as paths they would multiply.
    private static TreeNode MergeChain(TreeNode[] nodes, TreeNode node)
    {
        if (node.Split is not { Test: SplitTest.Equal } first)
        {
            return node;
        }

        var members = new List<double> { first.Value };
        var last = first;
        while (nodes[last.False].Split is { Test: SplitTest.Equal } next
            && next.Column == first.Column && next.True == first.True && next.MissingIsTrue == first.MissingIsTrue && members.Count <= nodes.Length)
        {
            members.Add(next.Value);
            last = next;
        }

        return members.Count == 1
            ? node
            : node with { Split = first with { Test = SplitTest.Member, Members = [.. members.Distinct().Order()], False = last.False } };
    }

    private static void CheckDepth(TreeNode[] nodes)
    {
        var waiting = new Stack<(int Node, int Depth)>([(0, 0)]);
        for (var walked = 0; waiting.TryPop(out var next); walked++)
        {
            if (next.Depth > Deepest || walked > 16L * nodes.Length)
            {
                throw new NotSupportedException("has trees that are deeper than a thousand splits, or whose nodes share what is below them.");
            }

            if (nodes[next.Node].Split is { } split)
            {
                waiting.Push((split.True, next.Depth + 1));
                waiting.Push((split.False, next.Depth + 1));
            }
        }
    }
}
