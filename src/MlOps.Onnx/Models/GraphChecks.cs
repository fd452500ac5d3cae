using MlOps.Format;

namespace MlOps.Models;

/// <summary>Refuses graphs that cannot be served, naming what is wrong and the exporter's option that fixes it.</summary>
internal static class GraphChecks
{
    private static readonly HashSet<string> Domains = ["", "ai.onnx", "ai.onnx.ml", "com.microsoft"];

    public static void Check(ModelProto model)
    {
        Operators(model);
        BFloat16(model);
        Inputs(model.Graph);
    }

    /// <summary>Why ONNX Runtime did not load a file, from what is known to cause it; else its own words.</summary>
    public static MlOpsException LoadFailed(ModelProto model, string reason)
    {
        var trees = OnnxFormat.AllNodes(model).Where(node => node.OpType.StartsWith("TreeEnsemble", StringComparison.Ordinal)).ToList();
        if (trees.Exists(IsDoubleTree) || (trees.Count > 0 && reason.Contains("double", StringComparison.OrdinalIgnoreCase)))
        {
            return OnnxFormat.Refused(
                "The trees were exported in double precision, which ONNX Runtime does not load. Cast the sample that you give the exporter: to_onnx(model, X[:1].astype(numpy.float32)).");
        }

        if (reason.Contains("locale", StringComparison.OrdinalIgnoreCase))
        {
            return OnnxFormat.Refused("The text tokenizer in the file asks for a locale that this machine does not have. Export it with skl2onnx's option locale='C'.");
        }

        return OnnxFormat.Refused($"ONNX Runtime does not load the file: {reason}");
    }

    private static void Operators(ModelProto model)
    {
        var own = model.Functions.Select(function => (function.Domain, function.Name)).ToHashSet();
        var foreign = OnnxFormat.AllNodes(model)
            .Where(node => !Domains.Contains(node.Domain) && !own.Contains((node.Domain, node.OpType)))
            .Select(node => $"{node.Domain}.{node.OpType}")
            .Distinct()
            .Order(StringComparer.Ordinal)
            .ToList();
        if (foreign.Count > 0)
        {
            throw OnnxFormat.Refused(
                $"The graph uses operators that need a library of their own: {string.Join(", ", foreign.Take(20))}. Only ai.onnx, ai.onnx.ml, com.microsoft and functions inside the file are served. "
                + "Export without custom operators: do that step before the model, or with standard ones.");
        }
    }

    private static void BFloat16(ModelProto model)
    {
        var inValues = model.Graph.Input.Concat(model.Graph.Output).Concat(model.Graph.ValueInfo)
            .Any(value => value.Type?.ValueCase == TypeProto.ValueOneofCase.TensorType && value.Type.TensorType.ElemType == TensorTypes.BFloat16);
        var inCasts = OnnxFormat.AllNodes(model).Any(node => node.OpType == "Cast" && node.Attribute.Any(to => to.Name == "to" && to.I == TensorTypes.BFloat16));
        if (inValues || inCasts || OnnxFormat.AllTensors(model).Any(tensor => tensor.DataType == TensorTypes.BFloat16))
        {
            throw OnnxFormat.Refused("The graph computes in bfloat16, for which ONNX Runtime has no operators on a CPU. Convert the model before the export: model.float() in PyTorch.");
        }
    }

    private static void Inputs(GraphProto graph)
    {
        var initializers = graph.Initializer.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        var faults = new FaultList();
        foreach (var input in graph.Input.Where(input => !initializers.Contains(input.Name)))
        {
            if (Fault(input) is { } wrong)
            {
                faults.Add("/file", wrong);
            }
        }

        faults.Throw(ErrorCode.InvalidModel, "The graph has inputs that rows of features cannot fill");
    }

    private static string? Fault(ValueInfoProto input)
    {
        var type = TensorTypes.Name(input.Type);
        if (input.Type?.ValueCase != TypeProto.ValueOneofCase.TensorType)
        {
            return $"input '{input.Name}' is a {type}. Sequence, map and optional inputs are not served: export the model with one tensor of rank 1 or 2 for each input.";
        }

        if (TensorTypes.Element(input.Type.TensorType.ElemType) is null)
        {
            return $"input '{input.Name}' is a {type}. Served are float16, float, double, int32, int64, bool and string.";
        }

        // Ranks and sizes are judged with the metadata: a constant may have any.
        return null;
    }

    private static bool IsDoubleTree(NodeProto tree) =>
        tree.Attribute.Any(attribute => attribute.Name.EndsWith("_as_tensor", StringComparison.Ordinal) && attribute.T?.DataType == TensorTypes.Double);
}
