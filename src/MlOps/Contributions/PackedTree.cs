using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MlOps.Contributions;

/// <summary>
/// One tree made ready for contributions. A leaf of value v, with the share z of the cover that each of its path's players keeps and o = 1 for the players that take the row's own side
/// (else 0), gives player i the integral over p in [0, 1] of v·(o_i − z_i)·∏ over the other players of (p·o_j + (1 − p)·z_j): a polynomial, so that the Gauss–Legendre rule is exact. Eight of its
/// points are one vector; a path of more than sixteen players takes more of them.
/// With q = o / z every product of a path is built by one factor for each edge, and what an edge adds to its player is one vector, too. All of them depend on the tree alone, and on whether
/// the row takes the edge: they are made once. Nodes stand in the order in which a walk meets them, so that one pass forward multiplies and one backward adds.
/// </summary>
internal sealed class PackedTree
{
    /// <summary>Points of one vector.</summary>
    public const int Lanes = 8;

    private readonly PackedNode[] nodes;
    private readonly double[] leaves;
    private readonly int targets;
    private readonly Step[] steps;
    private readonly int stepsOfBlock;
    private readonly Vector512<double>[] weights;

    private PackedTree(PackedNode[] nodes, double[] leaves, int targets, Step[] steps, Vector512<double>[] weights)
    {
        (this.nodes, this.leaves, this.targets, this.steps, this.weights) = (nodes, leaves, targets, steps, weights);
        stepsOfBlock = steps.Length / weights.Length;
    }

    public int Nodes => nodes.Length;

    /// <summary>Bytes of memory, about.</summary>
    public long Bytes => (nodes.LongLength * Unsafe.SizeOf<PackedNode>()) + (steps.LongLength * Unsafe.SizeOf<Step>()) + (leaves.LongLength * sizeof(double));

    /// <summary>Whether any leaf adds to the target.</summary>
    public bool Has(int target)
    {
        for (var leaf = target; leaf < leaves.Length; leaf += targets)
        {
            if (leaves[leaf] != 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What the tree adds to a target on average over its cover.</summary>
    public double Mean(int target)
    {
        var sum = 0.0;
        for (var leaf = target; leaf < leaves.Length; leaf += targets)
        {
            sum += leaves[leaf];
        }

        return sum;
    }

    /// <param name="players">For each column the player that it belongs to.</param>
    public static PackedTree Of(Tree tree, int[] players, int targets, double scale)
    {
        var packing = new TreePacking(tree, players, targets, scale);
        packing.Run();
        // So many points are exact for twice as many players.
        var blocks = Math.Max(1, (packing.MostPlayers + (2 * Lanes) - 1) / (2 * Lanes));
        var (points, pointWeights) = GaussLegendre.Of(blocks * Lanes);
        var steps = new Step[blocks * packing.Steps.Count];
        for (var block = 0; block < blocks; block++)
        {
            for (var step = 0; step < packing.Steps.Count; step++)
            {
                steps[(block * packing.Steps.Count) + step] = Step.Of(packing.Steps[step], Vector512.Create(points, block * Lanes));
            }
        }

        var weights = Enumerable.Range(0, blocks).Select(block => Vector512.Create(pointWeights, block * Lanes));
        return new PackedTree([.. packing.Nodes], [.. packing.Leaves], targets, steps, [.. weights]);
    }

    /// <summary>Adds one row's contributions to a target.</summary>
    /// <param name="row">Its columns.</param>
    /// <param name="sums">For each player eight sums, which together are its contribution.</param>
    public void Add(ReadOnlySpan<double> row, int target, TreeScratch scratch, Span<Vector512<double>> sums)
    {
        ref var node = ref MemoryMarshal.GetArrayDataReference(nodes);
        ref var taken = ref scratch.Taken(nodes.Length);
        ref var product = ref scratch.Products(nodes.Length);
        Take(row, ref node, ref taken);
        for (var block = 0; block < weights.Length; block++)
        {
            Multiply(target, block, ref node, ref taken, ref product);
            AddUp(block, ref node, ref taken, ref product, ref MemoryMarshal.GetReference(sums));
        }
    }

    // Which step each edge takes for this row.
    private void Take(ReadOnlySpan<double> row, ref PackedNode node, ref TakenEdge taken)
    {
        taken = default;
        if (node.Column >= 0)
        {
            taken.Holds = node.Holds(row[node.Column]);
        }

        for (var index = 1; index < nodes.Length; index++)
        {
            ref var here = ref Unsafe.Add(ref node, index);
            ref var edge = ref Unsafe.Add(ref taken, index);
            var wasCold = Unsafe.Add(ref taken, here.Previous).Cold;
            var isHot = Unsafe.Add(ref taken, here.Parent).Holds == here.IsTrueSide;
            edge.Step = wasCold ? TreePacking.Nothing : isHot ? here.Hot : here.Cold;
            edge.Cold = wasCold || !isHot;
            edge.Holds = here.Column >= 0 && here.Holds(row[here.Column]);
        }
    }

    private void Multiply(int target, int block, ref PackedNode node, ref TakenEdge taken, ref Vector512<double> product)
    {
        ref var step = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(steps), block * stepsOfBlock);
        product = node.Leaf < 0 ? weights[block] : weights[block] * leaves[(node.Leaf * targets) + target];
        for (var index = 1; index < nodes.Length; index++)
        {
            ref var here = ref Unsafe.Add(ref node, index);
            var carried = Unsafe.Add(ref product, here.Parent) * Unsafe.Add(ref step, Unsafe.Add(ref taken, index).Step).Factor;
            Unsafe.Add(ref product, index) = here.Leaf < 0 ? carried : carried * leaves[(here.Leaf * targets) + target];
        }
    }

    // A node's product turns into the sum of the leaves below it: its second child, met first on the way back, sets it, and its first, which stands right behind it, adds.
    private void AddUp(int block, ref PackedNode node, ref TakenEdge taken, ref Vector512<double> product, ref Vector512<double> sums)
    {
        ref var step = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(steps), block * stepsOfBlock);
        for (var index = nodes.Length - 1; index > 0; index--)
        {
            ref var here = ref Unsafe.Add(ref node, index);
            var below = Unsafe.Add(ref product, index);
            ref var sum = ref Unsafe.Add(ref sums, here.Player);
            sum += below * Unsafe.Add(ref step, Unsafe.Add(ref taken, index).Step).Change;
            ref var parent = ref Unsafe.Add(ref product, here.Parent);
            parent = here.Parent == index - 1 ? parent + below : below;
        }
    }

    /// <summary>What an edge does at eight points.</summary>
    /// <param name="Factor">To the product of the path: (1 + (q − 1)·p), by what its player had before.</param>
    /// <param name="Change">To its player's contribution, for all that lies below: (q − 1) / (1 + (q − 1)·p), less what its player had before.</param>
    private readonly record struct Step(Vector512<double> Factor, Vector512<double> Change)
    {
        public static Step Of(StepQuotients quotients, Vector512<double> at)
        {
            if (quotients.Now == quotients.Before)
            {
                return new(Vector512<double>.One, Vector512<double>.Zero);
            }

            var (now, before) = (Vector512.Create(quotients.Now - 1), Vector512.Create(quotients.Before - 1));
            var (with, without) = (Vector512<double>.One + (now * at), Vector512<double>.One + (before * at));
            return new(with / without, (now / with) - (before / without));
        }
    }
}
