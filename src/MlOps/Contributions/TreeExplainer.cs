using System.Runtime.Intrinsics;

namespace MlOps.Contributions;

/// <summary>
/// Exact SHAP values of an ensemble by the covers of its trees: what is not known of a row follows the cover's shares at each split
/// (Lundberg et al. 2020, "path-dependent TreeSHAP"; in the quadrature form of Wettenstein, Mitchell and Yu 2026). For several threads at once.
/// </summary>
internal sealed class TreeExplainer
{
    // Rows for which a tree stays in the cache.
    private const int RowsAtOnce = 8;

    [ThreadStatic]
    private static TreeScratch? scratch;

    private readonly PackedTree[][] byTarget;
    private readonly double[] bias;
    private readonly int columns;
    private readonly int slots;

    /// <param name="players">For each column of an encoded row the feature that it comes from; −1 for one that is the same in every row.</param>
    /// <param name="features">Features that are explained.</param>
    public TreeExplainer(TreeEnsemble ensemble, int[] players, int features)
    {
        (columns, Features) = (players.Length, features);
        // What is the same in every row is nobody's: a player of its own, whose share is left away.
        int[] all = [.. players.Select(player => player < 0 ? features : player)];
        slots = players.Any(player => player < 0) ? features + 1 : features;
        var trees = ensemble.Trees.Select(tree => PackedTree.Of(tree, all, ensemble.Targets, ensemble.Scale)).ToList();
        byTarget = [.. Enumerable.Range(0, ensemble.Targets).Select(target => trees.Where(tree => tree.Has(target)).ToArray())];
        bias = [.. Enumerable.Range(0, ensemble.Targets).Select(target => byTarget[target].Sum(tree => tree.Mean(target)) + ensemble.Base[target])];
        Bytes = trees.Sum(tree => tree.Bytes);
    }

    public int Features { get; }

    /// <summary>Bytes of memory, about.</summary>
    public long Bytes { get; }

    /// <summary>The raw score on average over the cover.</summary>
    public double Bias(int target) => bias[target];

    /// <summary>Explains rows.</summary>
    /// <param name="rows">Row-major [rows, columns], encoded and narrowed as the trees take them.</param>
    /// <param name="contributions">Row-major [rows, features]; with the bias a row's add up to its raw score.</param>
    public void Explain(ReadOnlySpan<double> rows, int count, int target, Span<double> contributions)
    {
        var memory = scratch ??= new TreeScratch();
        for (var first = 0; first < count; first += RowsAtOnce)
        {
            var some = Math.Min(RowsAtOnce, count - first);
            var sums = memory.Sums(some * slots);
            foreach (var tree in byTarget[target])
            {
                for (var row = 0; row < some; row++)
                {
                    tree.Add(rows.Slice((first + row) * columns, columns), target, memory, sums.Slice(row * slots, slots));
                }
            }

            for (var row = 0; row < some; row++)
            {
                var into = contributions.Slice((first + row) * Features, Features);
                for (var feature = 0; feature < into.Length; feature++)
                {
                    into[feature] = Vector512.Sum(sums[(row * slots) + feature]);
                }
            }
        }
    }
}
