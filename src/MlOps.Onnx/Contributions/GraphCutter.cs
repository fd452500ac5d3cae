using Google.Protobuf;
using MlOps.Format;
using MlOps.Models;

namespace MlOps.Contributions;

/// <summary>Makes the graph that ends at a value within another: what is not needed for it is left away.</summary>
internal static class GraphCutter
{
    /// <summary>Changes the model.</summary>
    public static byte[] Bytes(ModelProto model, GraphCut cut)
    {
        var graph = model.Graph;
        var needed = Needed(graph, cut.Value);
        var kept = graph.Node.Where(node => node.Output.Any(needed.Contains)).ToList();
        var read = kept.SelectMany(Reads).Append(cut.Value).ToHashSet(StringComparer.Ordinal);
        graph.Node.Clear();
        graph.Node.AddRange(kept);
        Keep(graph.Initializer, tensor => read.Contains(tensor.Name));
        Keep(graph.SparseInitializer, sparse => read.Contains(sparse.Values?.Name ?? ""));
        var known = graph.ValueInfo.Concat(graph.Output).FirstOrDefault(info => info.Name == cut.Value);
        graph.Output.Clear();
        graph.Output.Add(new ValueInfoProto { Name = cut.Value, Type = known?.Type?.TensorType is { } tensor ? new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = tensor.ElemType } } : null });
        return model.ToByteArray();
    }

    // Values that a value depends on, itself included.
    private static HashSet<string> Needed(GraphProto graph, string value)
    {
        var needed = new HashSet<string>(StringComparer.Ordinal) { value };
        // Nodes stand in an order in which each comes behind those that it reads.
        foreach (var node in graph.Node.Reverse())
        {
            if (node.Output.Any(needed.Contains))
            {
                needed.UnionWith(Reads(node));
            }
        }

        return needed;
    }

    // Graphs within a node see the values around it.
    private static IEnumerable<string> Reads(NodeProto node) =>
        node.Input.Concat(node.Graphs().SelectMany(graph => graph.Node.SelectMany(Reads).Concat(graph.Output.Select(output => output.Name))));

    private static void Keep<T>(Google.Protobuf.Collections.RepeatedField<T> list, Func<T, bool> isKept)
    {
        var kept = list.Where(isKept).ToList();
        list.Clear();
        list.AddRange(kept);
    }
}
