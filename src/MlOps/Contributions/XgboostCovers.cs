using System.Collections.Immutable;
using System.Text.Json;

namespace MlOps.Contributions;

/// <summary>
/// Covers of XGBoost's own, sums of hessians, from the dump of its trees (<c>get_dump(with_stats=True, dump_format="json")</c>). Both trees are walked side by side: their nodes have
/// other numbers, and the dump may have trees that early stopping left out of the file.
/// </summary>
internal static class XgboostCovers
{
    private const double LeafTolerance = 1e-4;
    private const int Deepest = 2_000;

    /// <summary>For every node of the ensemble, tree by tree.</summary>
    /// <exception cref="InvalidDataException">The dump is of other trees. The message fits behind "The covers".</exception>
    public static ImmutableArray<double> Read(TreeEnsemble ensemble, Stream dump)
    {
        try
        {
            using var document = JsonDocument.Parse(dump, new JsonDocumentOptions { MaxDepth = Deepest });
            var trees = document.RootElement;
            if (trees.ValueKind != JsonValueKind.Array || trees.GetArrayLength() < ensemble.Trees.Length)
            {
                throw new InvalidDataException($"must be a JSON array of at least {ensemble.Trees.Length} trees, as get_dump(with_stats=True, dump_format=\"json\") gives them.");
            }

            var covers = new List<double>(ensemble.Nodes);
            var index = 0;
            foreach (var tree in ensemble.Trees)
            {
                var ofTree = new double[tree.Nodes.Length];
                if (!IsTree(tree, trees[index], ofTree))
                {
                    throw new InvalidDataException($"are of other trees: tree {index} of the dump is not that of the file.");
                }

                covers.AddRange(ofTree);
                index++;
            }

            return [.. covers];
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new InvalidDataException("are no dump of XGBoost: get_dump(with_stats=True, dump_format=\"json\") gives one, as a JSON array.", broken);
        }
    }

    // The library gives each tree as a text, and some write the trees themselves.
    private static bool IsTree(Tree tree, JsonElement root, double[] covers)
    {
        if (root.ValueKind != JsonValueKind.String)
        {
            return Walk(tree, 0, root, covers);
        }

        using var document = JsonDocument.Parse(root.GetString()!, new JsonDocumentOptions { MaxDepth = Deepest });
        return Walk(tree, 0, document.RootElement, covers);
    }

    // True where both trees ask the same, and add the same at their leaves.
    private static bool Walk(Tree tree, int at, JsonElement node, double[] covers)
    {
        covers[at] = node.GetProperty("cover").GetDouble();
        if (tree.Nodes[at].Split is not { } split)
        {
            return node.TryGetProperty("leaf", out var leaf) && IsSame(tree.Nodes[at], leaf.GetDouble());
        }

        if (!node.TryGetProperty("children", out var children) || children.GetArrayLength() != 2)
        {
            return false;
        }

        var (yes, no) = (Child(node, children, "yes"), Child(node, children, "no"));
        // A set may be written as its complement.
        return split.Test is SplitTest.Member or SplitTest.Equal or SplitTest.NotEqual
            ? Sides(tree, split, yes, no, covers) || Sides(tree, split, no, yes, covers)
            : split.Test is SplitTest.Less or SplitTest.LessOrEqual ? Sides(tree, split, yes, no, covers) : Sides(tree, split, no, yes, covers);
    }

    private static bool Sides(Tree tree, TreeSplit split, JsonElement whenTrue, JsonElement whenFalse, double[] covers) =>
        Walk(tree, split.True, whenTrue, covers) && Walk(tree, split.False, whenFalse, covers);

    private static JsonElement Child(JsonElement node, JsonElement children, string side)
    {
        var id = node.GetProperty(side).GetInt32();
        return children[0].GetProperty("nodeid").GetInt32() == id ? children[0] : children[1];
    }

    private static bool IsSame(TreeNode node, double leaf)
    {
        var sum = node.Weights.Sum(weight => weight.Value);
        return Math.Abs(sum - leaf) <= LeafTolerance * Math.Max(1, Math.Abs(leaf));
    }
}
