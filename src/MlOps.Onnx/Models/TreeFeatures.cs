using System.Collections.Immutable;
using MlOps.Format;

namespace MlOps.Models;

/// <summary>Counts the columns that tree ensembles read of the inputs they are fed directly.</summary>
internal static class TreeFeatures
{
    /// <summary>Input → the highest feature index that a tree reads, plus 1.</summary>
    public static ImmutableDictionary<string, int> Count(GraphProto graph, GraphScope scope, IEnumerable<string> inputs)
    {
        var known = inputs.ToHashSet(StringComparer.Ordinal);
        var counts = ImmutableDictionary.CreateBuilder<string, int>(StringComparer.Ordinal);
        foreach (var node in graph.Node.Where(node => node.IsTreeEnsemble() && node.Input.Count > 0))
        {
            var source = Provenance.Source(scope.Find(node.Input[0]));
            if (source is { Node: null, Initializer: null } && known.Contains(source.Name) && Highest(node) is >= 0 and < int.MaxValue and var highest)
            {
                counts[source.Name] = Math.Max(counts.GetValueOrDefault(source.Name), (int)highest + 1);
            }
        }

        return counts.ToImmutable();
    }

    // Leaves of the older operators have a feature index too, which is never read; TreeEnsemble lists inner nodes only.
    private static long Highest(NodeProto node)
    {
        var highest = -1L;
        var modes = node.Attribute("nodes_modes")?.Strings;
        var features = node.Attribute("nodes_featureids")?.Ints;
        for (var i = 0; i < (features?.Count ?? 0); i++)
        {
            if (modes is null || i >= modes.Count || !modes[i].Span.SequenceEqual("LEAF"u8))
            {
                highest = Math.Max(highest, features![i]);
            }
        }

        return highest;
    }
}
