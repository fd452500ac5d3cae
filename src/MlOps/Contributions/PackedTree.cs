using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MlOps.Contributions;

/// <summary>
/// One tree made ready for contributions. A leaf of value v, with the share z of the cover that each of its path's players keeps and o = 1 for the players that take the row's own side
/// (else 0), gives player i the integral over p in [0, 1] of v·(o_i − z_i)·∏ over the other players of (p·o_j + (1 − p)·z_j): a polynomial, so that the Gauss–Legendre rule is exact. Eight of its
/// points are one vector; a path of more than sixteen players takes more of them.
/// With q = o / z an edge multiplies a path's product by its factor, n = 1 + (q − 1)·p, or n / m where its player had m before; its player gets the product above it, times the sum of what lies
/// below it, times q − 1, or (q − q before) / m². Nodes stand in the order in which a walk meets them: one pass forward multiplies what is above, one backward sums what is below.
/// </summary>
internal sealed class PackedTree
{
    /// <summary>Points of one vector.</summary>
    public const int Lanes = 8;

    private readonly PackedNode[] nodes;
    private readonly int[] splits;
    private readonly double[] leaves;
    private readonly int targets;
    private readonly Vector512<double>[] points;
    private readonly Vector512<double>[] weights;

    private PackedTree(TreePacking packing, int targets, Vector512<double>[] points, Vector512<double>[] weights)
    {
        (nodes, splits, leaves) = ([.. packing.Nodes], [.. packing.Splits], [.. packing.Leaves]);
        (this.targets, this.points, this.weights) = (targets, points, weights);
    }

    public int Nodes => nodes.Length;

    /// <summary>Bytes of memory, about.</summary>
    public long Bytes => (nodes.LongLength * Unsafe.SizeOf<PackedNode>()) + (splits.LongLength * sizeof(int)) + (leaves.LongLength * sizeof(double));

    /// <summary>Whether any leaf adds to the target.</summary>
    public bool Has(int target)
    {
        for (var node = target; node < leaves.Length; node += targets)
        {
            if (leaves[node] != 0)
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
        for (var node = target; node < leaves.Length; node += targets)
        {
            sum += leaves[node];
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
        var (points, weights) = GaussLegendre.Of(blocks * Lanes);
        return new PackedTree(packing, targets, Blocks(points), Blocks(weights));
    }

    /// <summary>Adds one row's contributions to a target.</summary>
    /// <param name="row">Its columns.</param>
    /// <param name="sums">For each player eight sums, which together are its contribution.</param>
    public void Add(ReadOnlySpan<double> row, int target, TreeScratch scratch, Span<Vector512<double>> sums)
    {
        if (nodes.Length == 1)
        {
            return;
        }

        ref var node = ref MemoryMarshal.GetArrayDataReference(nodes);
        ref var taken = ref scratch.Taken(nodes.Length);
        ref var above = ref scratch.Above(nodes.Length);
        Take(row, ref node, ref taken);
        for (var block = 0; block < weights.Length; block++)
        {
            ref var below = ref scratch.Below(nodes.Length);
            Multiply(block, ref node, ref taken, ref above);
            AddUp(target, block, ref node, ref taken, ref above, ref below, ref MemoryMarshal.GetReference(sums));
        }
    }

    private static Vector512<double>[] Blocks(double[] values) => [.. Enumerable.Range(0, values.Length / Lanes).Select(block => Vector512.Create(values, block * Lanes))];

    // What each edge is to this row.
    private void Take(ReadOnlySpan<double> row, ref PackedNode node, ref TakenEdge taken)
    {
        ref var column = ref MemoryMarshal.GetReference(row);
        taken = default;
        taken.Holds = Bit(node.Holds(Unsafe.Add(ref column, node.Column)));
        for (var index = 1; index < nodes.Length; index++)
        {
            ref var here = ref Unsafe.Add(ref node, index);
            ref var edge = ref Unsafe.Add(ref taken, index);
            var cold = Unsafe.Add(ref taken, here.Previous).Cold;
            var hot = 1 ^ Unsafe.Add(ref taken, here.Parent).Holds ^ Bit(here.IsTrueSide);
            double live = 1 - cold;
            edge.Now = live * ((hot * here.Quotient) - 1);
            edge.Before = live * here.Before;
            edge.Cold = cold | (1 - hot);
            edge.Holds = Bit(here.Holds(Unsafe.Add(ref column, here.Column)));
        }
    }

    // The products of the paths to the splits.
    private void Multiply(int block, ref PackedNode node, ref TakenEdge taken, ref Vector512<double> above)
    {
        var at = points[block];
        above = weights[block];
        foreach (var index in splits)
        {
            ref var here = ref Unsafe.Add(ref node, index);
            ref var edge = ref Unsafe.Add(ref taken, index);
            var factor = Vector512.FusedMultiplyAdd(Vector512.Create(edge.Now), at, Vector512<double>.One);
            if (here.Before != 0)
            {
                factor /= Vector512.FusedMultiplyAdd(Vector512.Create(edge.Before), at, Vector512<double>.One);
            }

            Unsafe.Add(ref above, index) = Unsafe.Add(ref above, here.Parent) * factor;
        }
    }

    private void AddUp(int target, int block, ref PackedNode node, ref TakenEdge taken, ref Vector512<double> above, ref Vector512<double> below, ref Vector512<double> sums)
    {
        var at = points[block];
        ref var leaf = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(leaves), target);
        for (var index = nodes.Length - 1; index > 0; index--)
        {
            ref var here = ref Unsafe.Add(ref node, index);
            ref var edge = ref Unsafe.Add(ref taken, index);
            var value = Unsafe.Add(ref below, index) + Vector512.Create(Unsafe.Add(ref leaf, index * targets));
            var factor = Vector512.FusedMultiplyAdd(Vector512.Create(edge.Now), at, Vector512<double>.One);
            var change = Vector512.Create(edge.Now - edge.Before);
            if (here.Before != 0)
            {
                var inverse = Vector512<double>.One / Vector512.FusedMultiplyAdd(Vector512.Create(edge.Before), at, Vector512<double>.One);
                factor *= inverse;
                change *= inverse * inverse;
            }

            ref var parent = ref Unsafe.Add(ref below, here.Parent);
            ref var sum = ref Unsafe.Add(ref sums, here.Player);
            sum = Vector512.FusedMultiplyAdd(Unsafe.Add(ref above, here.Parent) * value, change, sum);
            parent = Vector512.FusedMultiplyAdd(factor, value, parent);
        }
    }

    private static int Bit(bool value) => Unsafe.As<bool, byte>(ref value);
}
