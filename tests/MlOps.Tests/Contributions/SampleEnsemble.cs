using System.Collections.Immutable;
using CsCheck;
using MlOps.Contributions;

namespace MlOps.Tests.Contributions;

/// <summary>Random trees, and a row for them.</summary>
/// <param name="Players">For each column its feature.</param>
internal sealed record SampleEnsemble(TreeEnsemble Ensemble, int[] Players, int Features, double[] Row)
{
    private static readonly double[] Values = [0, 1, 2, 3, double.NaN];

    public static Gen<SampleEnsemble> Any(int columns, int players, int depth, int trees, int targets) => Gen.Int.Select(seed => Make(new Random(seed), columns, players, depth, trees, targets));

    public Explained Explain()
    {
        var explainer = new TreeExplainer(Ensemble, Players, Features);
        return new Explained(explainer, Enumerable.Range(0, Ensemble.Targets).Select(
            target =>
            {
                var contributions = new double[Features];
                explainer.Explain(Row, 1, target, contributions);
                return contributions;
            }).ToArray());
    }

    /// <summary>The score where only some features are known: of an unknown one both sides are taken, by their covers.</summary>
    public double Expected(uint known, int target) => (Ensemble.Trees.Sum(tree => Expected(tree, 0, known, target)) * Ensemble.Scale) + Ensemble.Base[target];

    /// <summary>The same trees, with one column in the place of another and the other way round.</summary>
    public SampleEnsemble Exchanged(int one, int other)
    {
        int Other(int column) => column == one ? other : column == other ? one : column;
        return this with
        {
            Ensemble = Ensemble with
            {
                Trees = [.. Ensemble.Trees.Select(tree => new Tree(
                    [.. tree.Nodes.Select(node => node.Split is { } split ? node with { Split = split with { Column = Other(split.Column) } } : node)]))],
            },
        };
    }

    private double Expected(Tree tree, int at, uint known, int target)
    {
        var node = tree.Nodes[at];
        if (node.Split is not { } split)
        {
            return node.Weights.Where(weight => weight.Target == target).Sum(weight => weight.Value);
        }

        if ((known & (1u << Players[split.Column])) != 0)
        {
            return Expected(tree, split.Holds(Row[split.Column]) ? split.True : split.False, known, target);
        }

        double Side(int child) => tree.Nodes[child].Cover / node.Cover * Expected(tree, child, known, target);
        return Side(split.True) + Side(split.False);
    }

    private static SampleEnsemble Make(Random random, int columns, int players, int depth, int trees, int targets)
    {
        int[] of = [.. Enumerable.Range(0, columns).Select(column => column < players ? column : random.Next(players))];
        var made = Enumerable.Range(0, trees).Select(_ =>
        {
            var nodes = new List<TreeNode>();
            Grow(random, nodes, columns, depth, targets, 1_000);
            return new Tree([.. nodes]);
        });
        var ensemble = new TreeEnsemble([.. made], columns, targets, [.. Enumerable.Range(0, targets).Select(_ => random.NextDouble())], random.Next(2) == 0 ? 1 : 1.0 / trees);
        return new(ensemble, of, players, [.. Enumerable.Range(0, columns).Select(_ => Values[random.Next(Values.Length)])]);
    }

    private static int Grow(Random random, List<TreeNode> nodes, int columns, int depth, int targets, double cover)
    {
        var index = nodes.Count;
        nodes.Add(default);
        if (depth == 0 || random.Next(8) == 0)
        {
            nodes[index] = new(null, cover, [.. Enumerable.Range(0, targets).Select(target => new LeafWeight(target, random.NextDouble() - 0.5))]);
            return index;
        }

        // A deep tree is a chain: one side of a split goes on.
        var share = 0.05 + (0.9 * random.NextDouble());
        var other = depth > 8 ? 0 : depth - 1;
        var test = (SplitTest)random.Next(7);
        ImmutableArray<double> members = test == SplitTest.Member ? [1, 3] : [];
        var (column, value, missing) = (random.Next(columns), (double)random.Next(4), random.Next(2) == 0);
        var first = Grow(random, nodes, columns, depth - 1, targets, cover * share);
        var second = Grow(random, nodes, columns, other, targets, cover * (1 - share));
        nodes[index] = new(new TreeSplit(column, test, value, members, missing, first, second), cover, []);
        return index;
    }
}

internal sealed record Explained(TreeExplainer Explainer, double[][] Contributions)
{
    public double[] Of(int target) => Contributions[target];

    public double Bias(int target) => Explainer.Bias(target);
}
