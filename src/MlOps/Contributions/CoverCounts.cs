using System.Collections.Immutable;

namespace MlOps.Contributions;

/// <summary>Covers of trees counted by rows that are sent through them.</summary>
internal sealed class CoverCounts
{
    private readonly TreeEnsemble ensemble;
    private readonly double[] counts;

    public CoverCounts(TreeEnsemble ensemble) => (this.ensemble, counts) = (ensemble, new double[ensemble.Nodes]);

    /// <summary>Rows counted.</summary>
    public long Rows { get; private set; }

    /// <summary>For every node, tree by tree, the rows that came by.</summary>
    public ImmutableArray<double> Covers => [.. counts];

    /// <param name="columns">Of each row, row-major; narrowed as the trees take them.</param>
    public void Add(ReadOnlySpan<double> columns, int rows)
    {
        var width = columns.Length / Math.Max(rows, 1);
        var first = 0;
        foreach (var tree in ensemble.Trees)
        {
            for (var row = 0; row < rows; row++)
            {
                Add(tree, first, columns.Slice(row * width, width));
            }

            first += tree.Nodes.Length;
        }

        Rows += rows;
    }

    private void Add(Tree tree, int first, ReadOnlySpan<double> row)
    {
        var at = 0;
        while (true)
        {
            counts[first + at]++;
            if (tree.Nodes[at].Split is not { } split)
            {
                return;
            }

            at = split.Holds(row[split.Column]) ? split.True : split.False;
        }
    }
}
