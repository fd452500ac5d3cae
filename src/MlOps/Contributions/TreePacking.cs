namespace MlOps.Contributions;

/// <summary>Puts a tree's nodes into the order of a walk, each with what the path to it has made of its player.</summary>
internal sealed class TreePacking(Tree tree, int[] players, int targets, double scale)
{
    /// <summary>The step of an edge against the row, at the first split of its player.</summary>
    public const int FirstCold = 0;

    /// <summary>The step of an edge below one against the row: nothing changes any more.</summary>
    public const int Nothing = 1;

    // A side that no row took would be divided by.
    private const double LeastShare = 1e-12;

    private readonly Dictionary<int, Passed> path = [];
    private readonly Stack<Visit> waiting = [];

    public List<PackedNode> Nodes { get; } = [];

    /// <summary>For each leaf and target what it adds, times the share of the cover that comes to it.</summary>
    public List<double> Leaves { get; } = [];

    public List<StepQuotients> Steps { get; } = [new(0, 1), new(1, 1)];

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
        var node = new PackedNode { Parent = visit.Parent, Player = visit.Player, IsTrueSide = visit.IsTrueSide, Column = -1, Leaf = -1, Hot = Nothing, Cold = Nothing };
        var weight = visit.Weight;
        if (visit.Parent >= 0)
        {
            weight *= visit.Share;
            var before = path.TryGetValue(visit.Player, out var known) ? known : new Passed(0, 1);
            var share = before.Share * visit.Share;
            node.Previous = before.Node;
            node.Hot = Step(1 / share, 1 / before.Share);
            node.Cold = before.Node == 0 ? FirstCold : Step(0, 1 / before.Share);
            path[visit.Player] = new(index, share);
            MostPlayers = Math.Max(MostPlayers, path.Count);
            waiting.Push(new Return(visit.Player, before));
        }

        if (source.Split is { } split)
        {
            (node.Column, node.Test, node.Value, node.MissingIsTrue) = (split.Column, split.Test, split.Value, split.MissingIsTrue);
            node.Members = split.Test == SplitTest.Member ? [.. split.Members] : null;
            var player = players[split.Column];
            waiting.Push(new Entry(split.False, index, player, false, weight, Share(split.False, source)));
            waiting.Push(new Entry(split.True, index, player, true, weight, Share(split.True, source)));
        }
        else
        {
            node.Leaf = Leaves.Count / targets;
            var sums = new double[targets];
            foreach (var added in source.Weights)
            {
                sums[added.Target] += added.Value * scale * weight;
            }

            Leaves.AddRange(sums);
        }

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

    private int Step(double now, double before)
    {
        Steps.Add(new(now, before));
        return Steps.Count - 1;
    }

    /// <summary>How far a player has come on a path: its last edge's node, and the share of the cover that all its edges have kept.</summary>
    private readonly record struct Passed(int Node, double Share);

    private abstract record Visit;

    /// <param name="Share">What the edge keeps of its parent's cover.</param>
    /// <param name="Weight">What comes to the parent.</param>
    private sealed record Entry(int Node, int Parent, int Player, bool IsTrueSide, double Weight, double Share) : Visit;

    /// <summary>All below an edge has been entered.</summary>
    private sealed record Return(int Player, Passed Before) : Visit;
}

/// <summary>A player's o / z with an edge on the path, and before it.</summary>
internal readonly record struct StepQuotients(double Now, double Before);
