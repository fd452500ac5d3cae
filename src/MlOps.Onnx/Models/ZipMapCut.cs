using System.Collections.Immutable;
using Google.Protobuf;
using MlOps.Format;

namespace MlOps.Models;

/// <summary>
/// Makes ZipMap nodes at the end of a graph hand on the scores they are fed. A sequence of maps costs more to build and read than most models cost to run,
/// and says nothing that the node's own keys do not.
/// </summary>
internal static class ZipMapCut
{
    private const long StandardOperators = 13;

    /// <summary>Changes the model where it can; a ZipMap that something else reads stays.</summary>
    public static bool Apply(ModelProto model)
    {
        var read = model.AllNodes().SelectMany(node => node.Input).ToHashSet(StringComparer.Ordinal);
        var cut = false;
        foreach (var node in model.Graph.Node.Where(node => node.Is(Operators.MachineLearning, "ZipMap")))
        {
            var output = node.Output.Count == 1 ? model.Graph.Output.FirstOrDefault(output => output.Name == node.Output[0]) : null;
            var keys = Labels.Carried(node);
            if (output is null || read.Contains(output.Name) || keys.IsDefault || keys.Distinct().Count() != keys.Length)
            {
                continue;
            }

            node.OpType = "Identity";
            node.Domain = "";
            node.Attribute.Clear();
            output.Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = TensorTypes.Float } };
            foreach (var stale in model.Graph.ValueInfo.Where(info => info.Name == output.Name).ToImmutableArray())
            {
                model.Graph.ValueInfo.Remove(stale);
            }

            cut = true;
        }

        if (cut && !model.OpsetImport.Any(import => Operators.DomainOf(import.Domain).Length == 0))
        {
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = StandardOperators });
        }

        return cut;
    }

    /// <summary>The bytes of the cut graph; null where there is nothing to cut and the file can be loaded as it is.</summary>
    public static byte[]? Bytes(ModelProto model) => Apply(model) ? model.ToByteArray() : null;
}
