using MlOps.Format;

namespace MlOps.Models;

/// <summary>Walks back from a value to the node that decided it.</summary>
internal static class Provenance
{
    /// <summary>The value before all Identity, Cast, Reshape, Squeeze and Flatten nodes.</summary>
    /// <param name="casts">Receives the types cast to, the last one first.</param>
    public static GraphValue Source(GraphValue value, List<int>? casts = null)
    {
        // Nodes of a valid graph form no circle; a broken file's might.
        for (var steps = 0; steps < 1_000 && value.Node is { } node && node.PassesOn() && value.Input(0) is { } before; steps++)
        {
            if (node.OpType == "Cast")
            {
                casts?.Add((int)(node.Attribute("to")?.I ?? 0));
            }

            value = before;
        }

        return value;
    }

    /// <summary>Whether it comes from a node whose outputs are made to be probabilities.</summary>
    public static bool IsProbability(GraphValue source) =>
        source.Node is { } node && (node.Is("", "Sigmoid") || node.Is("", "Softmax") || node.IsClassifier());

    /// <summary>The values of a graph that depend on one of these names.</summary>
    public static HashSet<string> Dependents(GraphProto graph, IEnumerable<string> names)
    {
        var dependent = names.ToHashSet(StringComparer.Ordinal);
        foreach (var node in graph.Node)
        {
            if (Reads(node).Any(dependent.Contains))
            {
                dependent.UnionWith(node.Output);
            }
        }

        return dependent;
    }

    // Graphs within a node see the values around it.
    private static IEnumerable<string> Reads(NodeProto node) =>
        node.Input.Concat(node.Graphs().SelectMany(graph => graph.Node.SelectMany(Reads).Concat(graph.Output.Select(output => output.Name))));
}
