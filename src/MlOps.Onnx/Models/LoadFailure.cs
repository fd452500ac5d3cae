using MlOps.Format;

namespace MlOps.Models;

/// <summary>Says why a file does not load, and, where the cause is a known one, what to change at export.</summary>
internal static class LoadFailure
{
    private const string NoImplementation = "Could not find an implementation";

    public static MlOpsException Explain(ModelProto model, Exception failure)
    {
        if (MemoryShortage.Is(failure))
        {
            return CheckDeath.OutOfMemory();
        }

        var said = RuntimeMessage.Of(failure);
        return Refusal.Of(Cause(model, failure.Message, said), cause: failure);
    }

    private static string Cause(ModelProto model, string raw, string said)
    {
        if (raw.Contains("locale", StringComparison.OrdinalIgnoreCase))
        {
            return $"The model asks for a text locale that this system lacks ({said}). Export with skl2onnx's option locale='C': "
                + "to_onnx(model, X, options={TfidfVectorizer: {'locale': 'C'}}).";
        }

        if (raw.Contains("bfloat16", StringComparison.OrdinalIgnoreCase) || (raw.Contains(NoImplementation, StringComparison.Ordinal) && ComputesInBFloat16(model)))
        {
            return StaticChecks.BFloat16("Part of the model computes in").Message;
        }

        if ((raw.Contains("TreeEnsemble", StringComparison.Ordinal) || raw.Contains("double", StringComparison.Ordinal)) && HasDoubleTrees(model))
        {
            return "The trees answer in double, which ONNX Runtime does not load: the exporter was shown float64 training data. "
                + "Cast before exporting: to_onnx(model, X[:1].astype(numpy.float32)).";
        }

        if (raw.Contains("is not a registered function/op", StringComparison.Ordinal) || raw.Contains(NoImplementation, StringComparison.Ordinal))
        {
            return $"The model uses an operator, or a version of one, that ONNX Runtime does not have: {said} "
                + "Export with an older target_opset, or without layers that become lookups (Keras: StringLookup becomes LookupTableFindV2; feed codes instead).";
        }

        return $"ONNX Runtime cannot load the model: {said}";
    }

    private static bool ComputesInBFloat16(ModelProto model) =>
        model.AllTensors().Any(tensor => tensor.DataType == TensorTypes.BFloat16)
        || model.AllNodes().Any(node => node.Is("", "Cast") && node.Attribute("to")?.I == TensorTypes.BFloat16);

    private static bool HasDoubleTrees(ModelProto model)
    {
        var trees = model.AllNodes().Where(node => node.IsTreeEnsemble()).ToList();
        return trees.Exists(node => node.Attribute.Any(attribute => attribute.T?.DataType == TensorTypes.Double))
            || (trees.Count > 0 && model.Graph.Input.Concat(model.Graph.Output).Concat(model.Graph.ValueInfo).Any(value => value.Type?.TensorType?.ElemType == TensorTypes.Double));
    }
}
