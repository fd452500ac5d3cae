using Google.Protobuf;
using MlOps.Format;

namespace MlOps.Models;

/// <summary>Reads the bytes of an ONNX file, with limits on size and nesting.</summary>
internal static class OnnxFormat
{
    private const int MaxNesting = 200;

    /// <exception cref="MlOpsException"><see cref="ErrorCode.InvalidModel"/> for what is no ONNX file.</exception>
    public static ModelProto Read(string path)
    {
        using var file = File.OpenRead(path);
        if (file.Length == 0)
        {
            throw Refused("The file is empty.");
        }

        ModelProto model;
        try
        {
            using var input = CodedInputStream.CreateWithLimits(file, int.MaxValue, MaxNesting);
            model = new ModelProto();
            model.MergeFrom(input);
            input.ReadTag();
        }
        catch (InvalidProtocolBufferException)
        {
            throw Refused("The file is no ONNX file, or is cut off: it cannot be read as one. Export it again and upload it whole.");
        }

        if (model.Graph is null || model.Graph.Output.Count == 0 || model.OpsetImport.Count == 0)
        {
            throw Refused("The file holds no ONNX graph with outputs and operator sets. Upload the .onnx file that the exporter wrote.");
        }

        return model;
    }

    public static MlOpsException Refused(string detail) => new(ErrorCode.InvalidModel, detail, [new Fault("/file", detail)]);

    /// <summary>Every node: the graph's, its subgraphs' and its functions'.</summary>
    public static IEnumerable<NodeProto> AllNodes(ModelProto model) => Nested(model.Graph.Node).Concat(model.Functions.SelectMany(function => Nested(function.Node)));

    /// <summary>Every tensor that may lie outside of the file or carries a type.</summary>
    public static IEnumerable<TensorProto> AllTensors(ModelProto model)
    {
        var attributes = AllNodes(model).SelectMany(node => node.Attribute).ToList();
        return model.Graph.Initializer
            .Concat(attributes.Where(attribute => attribute.G is not null).SelectMany(attribute => attribute.G.Initializer))
            .Concat(attributes.SelectMany(attribute => attribute.Graphs).SelectMany(graph => graph.Initializer))
            .Concat(attributes.Where(attribute => attribute.T is not null).Select(attribute => attribute.T))
            .Concat(attributes.SelectMany(attribute => attribute.Tensors));
    }

    public static IEnumerable<GraphProto> Subgraphs(NodeProto node) =>
        node.Attribute.SelectMany(attribute => attribute.G is null ? attribute.Graphs : attribute.Graphs.Prepend(attribute.G));

    private static IEnumerable<NodeProto> Nested(IEnumerable<NodeProto> nodes)
    {
        var waiting = new Stack<NodeProto>(nodes);
        while (waiting.TryPop(out var node))
        {
            yield return node;
            foreach (var inner in Subgraphs(node).SelectMany(graph => graph.Node))
            {
                waiting.Push(inner);
            }
        }
    }
}
