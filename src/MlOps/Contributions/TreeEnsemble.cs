using System.Collections.Immutable;

namespace MlOps.Contributions;

/// <summary>A sum of decision trees, as a file has it.</summary>
/// <param name="Columns">Values of one encoded row, which the splits look at.</param>
/// <param name="Targets">Raw scores of one row: one for a regression and a binary classifier, else one for each class.</param>
/// <param name="Base">For each target what is added to the trees' sum.</param>
/// <param name="Scale">What the trees' sum is multiplied by: one, or one by the number of trees where they are averaged.</param>
public sealed record TreeEnsemble(ImmutableArray<Tree> Trees, int Columns, int Targets, ImmutableArray<double> Base, double Scale)
{
    /// <summary>Nodes of all trees.</summary>
    public int Nodes => Trees.Sum(tree => tree.Nodes.Length);

    /// <summary>The same trees with other covers.</summary>
    /// <param name="covers">For every node, tree by tree.</param>
    /// <exception cref="InvalidDataException">They are more or fewer than the nodes.</exception>
    public TreeEnsemble With(ImmutableArray<double> covers)
    {
        if (covers.Length != Nodes)
        {
            throw new InvalidDataException($"There are {covers.Length} covers for {Nodes} nodes.");
        }

        var at = 0;
        return this with { Trees = [.. Trees.Select(tree => new Tree([.. tree.Nodes.Select(node => node with { Cover = covers[at++] })]))] };
    }

    /// <summary>The raw scores of a row.</summary>
    public double[] Score(ReadOnlySpan<double> row)
    {
        var scores = new double[Targets];
        foreach (var tree in Trees)
        {
            foreach (var weight in tree.Leaf(row).Weights)
            {
                scores[weight.Target] += weight.Value;
            }
        }

        for (var target = 0; target < scores.Length; target++)
        {
            scores[target] = (scores[target] * Scale) + Base[target];
        }

        return scores;
    }
}

/// <summary>One tree.</summary>
/// <param name="Nodes">The root first.</param>
public sealed record Tree(ImmutableArray<TreeNode> Nodes)
{
    /// <summary>Where a row ends.</summary>
    public TreeNode Leaf(ReadOnlySpan<double> row)
    {
        var node = Nodes[0];
        while (node.Split is { } split)
        {
            node = Nodes[split.Holds(row[split.Column]) ? split.True : split.False];
        }

        return node;
    }
}

/// <summary>A split or a leaf.</summary>
/// <param name="Split">Null for a leaf.</param>
/// <param name="Cover">How much of the rows that a tree was made or counted with came by; rows or any other measure that adds up.</param>
/// <param name="Weights">What a leaf adds to targets; empty for a split.</param>
public readonly record struct TreeNode(TreeSplit? Split, double Cover, ImmutableArray<LeafWeight> Weights);

/// <param name="Target">Index of the raw score.</param>
public readonly record struct LeafWeight(int Target, double Value);

/// <summary>A question about one column.</summary>
/// <param name="Value">What the column is compared with, in the file's own precision.</param>
/// <param name="Members">The values that <see cref="SplitTest.Member"/> is true for, sorted; empty for other tests.</param>
/// <param name="MissingIsTrue">Whether NaN takes the true side; else it takes the side that a comparison with NaN does.</param>
/// <param name="True">Index of the node where it holds.</param>
/// <param name="False">Index of the other.</param>
public sealed record TreeSplit(int Column, SplitTest Test, double Value, ImmutableArray<double> Members, bool MissingIsTrue, int True, int False)
{
    public bool Holds(double value) => (MissingIsTrue && double.IsNaN(value)) || Test switch
    {
        SplitTest.LessOrEqual => value <= Value,
        SplitTest.Less => value < Value,
        SplitTest.GreaterOrEqual => value >= Value,
        SplitTest.Greater => value > Value,
        SplitTest.Equal => value == Value,
        SplitTest.NotEqual => value != Value,
        SplitTest.Member => Members.BinarySearch(value) >= 0,
        _ => throw new InvalidOperationException($"{Test} is no test."),
    };
}

/// <summary>What a split asks.</summary>
public enum SplitTest : byte
{
    LessOrEqual,
    Less,
    GreaterOrEqual,
    Greater,
    Equal,
    NotEqual,
    Member,
}
