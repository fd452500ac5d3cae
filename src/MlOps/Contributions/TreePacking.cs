namespace MlOps.Contributions;

/// <summary>Puts a tree's nodes into the order of a walk, each with what the path to it has made of its player.</summary>
internal sealed class TreePacking(Tree tree, int[] players, int targets, double scale)
{
    // A side that no row took would be divided by.
    private const double LeastShare = 1e-12;

    private readonly Dictionary<int, Passed> path = [];
    private readonly Stack<Visit> waiting = [];

    public List<PackedNode> Nodes { get; } = [];

    /// <summary>The splits among them, but the root.</summary>
    public List<int> Splits { get; } = [];

    /// <summary>For each node and target what a leaf adds, times the share of the cover that comes to it; 0 for a split.</summary>
    public List<double> Leaves { get; } = [];

    /// <summary>Different players on one path.</summary>
    public int MostPlayers { get; private set; }

    public void Run()
    {
        Enter(new Entry(0, -1, 0, false, 1, 1));
        while (waiting.TryPop(out var next))
        {
            if (next is Entry entry)
            {
                Enter(entry);
            }
            else if (next is Return { Player: var player, Before: var before })
            {
                Restore(player, before);
            }
        }
    }

    private void Enter(Entry visit)
    {
        var (source, index) = (tree.Nodes[visit.Node], Nodes.Count);
        var node = new PackedNode { Parent = visit.Parent, Player = visit.Player, IsTrueSide = visit.IsTrueSide };
        var weight = visit.Weight;
        if (visit.Parent >= 0)
        {
            weight *= visit.Share;
            var before = path.TryGetValue(visit.Player, out var known) ? known : new Passed(0, 1);
            var share = before.Share * visit.Share;
            node.Previous = before.Node;
            node.Quotient = 1 / share;
            node.Before = (1 / before.Share) - 1;
            path[visit.Player] = new(index, share);
            MostPlayers = Math.Max(MostPlayers, path.Count);
            waiting.Push(new Return(visit.Player, before));
        }

        var sums = new double[targets];
        if (source.Split is { } split)
        {
            if (index > 0)
            {
                Splits.Add(index);
            }

            (node.Column, node.Test, node.Value, node.MissingIsTrue) = (split.Column, split.Test, split.Value, split.MissingIsTrue);
            node.Members = split.Test == SplitTest.Member ? [.. split.Members] : null;
            var player = players[split.Column];
            waiting.Push(new Entry(split.False, index, player, false, weight, Share(split.False, source)));
            waiting.Push(new Entry(split.True, index, player, true, weight, Share(split.True, source)));
        }
        else
        {
            foreach (var added in source.Weights)
            {
                sums[added.Target] += added.Value * scale * weight;
            }
        }

        Leaves.AddRange(sums);
        Nodes.Add(node);
    }

    private void Restore(int player, Passed before)
    {
        if (before.Node == 0)
        {
            path.Remove(player);
        }
        else
        {
            path[player] = before;
        }
    }

    private double Share(int child, TreeNode parent) => parent.Cover > 0 ? Math.Max(tree.Nodes[child].Cover / parent.Cover, LeastShare) : 0.5;

    /// <summary>How far a player has come on a path: its last edge's node, and the share of the cover that all its edges have kept.</summary>
    private readonly record struct Passed(int Node, double Share);

    private abstract record Visit;

    /// <param name="Share">What the edge keeps of its parent's cover.</param>
    /// <param name="Weight">What comes to the parent.</param>
    private sealed record Entry(int Node, int Parent, int Player, bool IsTrueSide, double Weight, double Share) : Visit;

    /// <summary>All below an edge has been entered.</summary>
    private sealed record Return(int Player, Passed Before) : Visit;
}
