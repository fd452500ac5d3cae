using System.Collections.Immutable;
using MlOps.Format;
using MlOps.Models.Registration;

namespace MlOps.Models;

/// <summary>Reads what a file says of itself, as far as registration asks.</summary>
internal static class GraphReader
{
    public static ModelGraph Read(ModelProto model)
    {
        var graph = model.Graph;
        var initializers = graph.Initializer.Select(tensor => tensor.Name)
            .Concat(graph.SparseInitializer.Select(sparse => sparse.Values?.Name ?? ""))
            .ToHashSet(StringComparer.Ordinal);
        var inputs = graph.Input.Where(input => !initializers.Contains(input.Name)).Select(Input).ToImmutableArray();
        var scope = new GraphScope(graph, new OwnFunctions(model));
        var dependent = Provenance.Dependents(graph, inputs.Select(input => input.Name));
        return new ModelGraph(
            inputs,
            [.. graph.Output.Select(output => Output(output, scope, !dependent.Contains(output.Name)))],
            TreeFeatures.Count(graph, scope, inputs.Select(input => input.Name)));
    }

    private static GraphInput Input(ValueInfoProto input) =>
        new(input.Name, TensorTypes.NameOf(input.Type), TensorTypes.Served(input.Type), Dims(input.Type));

    private static ImmutableArray<GraphDim> Dims(TypeProto? type) =>
        type is { ValueCase: TypeProto.ValueOneofCase.TensorType, TensorType.Shape: { } shape } ? [.. shape.Dim.Select(Dim)] : default;

    // A negative size is how some exporters write an unknown one, and how ONNX Runtime reads it.
    private static GraphDim Dim(TensorShapeProto.Types.Dimension dim) => dim.ValueCase switch
    {
        TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue when dim.DimValue >= 0 => new GraphDim(dim.DimValue, null),
        TensorShapeProto.Types.Dimension.ValueOneofCase.DimParam when dim.DimParam.Length > 0 => new GraphDim(null, dim.DimParam),
        _ => default,
    };

    private static GraphOutput Output(ValueInfoProto output, GraphScope scope, bool constant)
    {
        var value = scope.Find(output.Name);
        var keys = ImmutableArray<Scalar>.Empty;
        if (Provenance.Source(value) is { Node: { } last } map && last.Is(Operators.MachineLearning, "ZipMap") && map.Input(0) is { } scores)
        {
            keys = Labels.Carried(last);
            value = scores;
        }

        var casts = new List<int>();
        var source = Provenance.Source(value, casts);
        return new GraphOutput(
            output.Name,
            TensorTypes.NameOf(output.Type),
            Provenance.IsProbability(source),
            Labels.Behind(source, casts),
            keys.IsDefaultOrEmpty ? default : keys,
            constant);
    }
}
