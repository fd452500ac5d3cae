using MlOps.Format;

namespace MlOps.Models;

/// <summary>The tensors that a file holds, wherever they stand in it.</summary>
internal static class Tensors
{
    public static IEnumerable<TensorProto> AllTensors(this ModelProto model) =>
        Of(model.Graph).Concat(model.Functions.SelectMany(function => function.Node).SelectMany(Of));

    /// <summary>Bytes that the values take by their type and dimensions; 0 where neither tells.</summary>
    public static long Size(this TensorProto tensor)
    {
        var bits = tensor.DataType switch
        {
            TensorTypes.Double or TensorTypes.Int64 or 13 or 14 => 64L,
            TensorTypes.Float or TensorTypes.Int32 or 12 => 32,
            TensorTypes.Float16 or TensorTypes.BFloat16 or 4 or 5 => 16,
            15 => 128,
            21 or 22 or 23 => 4,
            TensorTypes.String => 0,
            _ => 8,
        };
        var size = (Int128)bits;
        foreach (var dim in tensor.Dims)
        {
            size *= Math.Max(dim, 0);
            if (size > long.MaxValue)
            {
                return long.MaxValue;
            }
        }

        return (long)((size + 7) / 8);
    }

    private static IEnumerable<TensorProto> Of(GraphProto graph) =>
        graph.Initializer.Concat(graph.SparseInitializer.SelectMany(Of)).Concat(graph.Node.SelectMany(Of));

    private static IEnumerable<TensorProto> Of(NodeProto node) => node.Attribute.SelectMany(Of);

    private static IEnumerable<TensorProto> Of(AttributeProto attribute)
    {
        IEnumerable<TensorProto> own = attribute.T is { } tensor ? attribute.Tensors.Prepend(tensor) : attribute.Tensors;
        var graphs = attribute.G is { } graph ? attribute.Graphs.Prepend(graph) : attribute.Graphs;
        var sparse = attribute.SparseTensor is { } one ? attribute.SparseTensors.Prepend(one) : attribute.SparseTensors;
        return own.Concat(graphs.SelectMany(Of)).Concat(sparse.SelectMany(Of));
    }

    private static IEnumerable<TensorProto> Of(SparseTensorProto sparse)
    {
        if (sparse.Values is { } values)
        {
            yield return values;
        }

        if (sparse.Indices is { } indices)
        {
            yield return indices;
        }
    }
}
