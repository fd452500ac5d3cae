using System.Collections.Immutable;
using MlOps.Contributions;

namespace MlOps;

/// <summary>LightGBM's trees as this system explains them: with their own covers, in doubles.</summary>
internal static class LightGbmEnsemble
{
    private const int MissingGoesLeft = 2;

    /// <param name="classes">Trees of the classes stand in turns.</param>
    public static TreeEnsemble Of(IEnumerable<LightGbmTree> trees, int columns, int classes = 1) =>
        new([.. trees.Select((tree, index) => Of(tree, index % classes))], columns, classes, [.. new double[classes]], 1);

    private static Tree Of(LightGbmTree tree, int target)
    {
        // Splits first, then leaves; a tree of one leaf has no split.
        var splits = tree.Features.Length;
        int Place(int child) => child >= 0 ? child : splits + ~child;
        var nodes = ImmutableArray.CreateBuilder<TreeNode>();
        for (var split = 0; split < splits; split++)
        {
            nodes.Add(new TreeNode(
                new TreeSplit(
                    tree.Features[split], SplitTest.LessOrEqual, tree.Thresholds[split], [], (tree.Decisions[split] & MissingGoesLeft) != 0, Place(tree.Left[split]), Place(tree.Right[split])),
                tree.InternalCounts[split],
                []));
        }

        for (var leaf = 0; leaf < tree.LeafValues.Length; leaf++)
        {
            nodes.Add(new TreeNode(null, leaf < tree.LeafCounts.Length ? tree.LeafCounts[leaf] : 1, [new LeafWeight(target, tree.LeafValues[leaf])]));
        }

        return new Tree(nodes.ToImmutable());
    }
}
