using System.Collections.Frozen;
using MlOps.Format;

namespace MlOps.Models;

/// <summary>What makes a file unfit whatever it is fed, seen before it is loaded, said with the exporter's option that changes it.</summary>
internal static class StaticChecks
{
    private static readonly FrozenSet<string> Domains = new[] { "", Operators.MachineLearning, "com.microsoft" }.ToFrozenSet(StringComparer.Ordinal);

    /// <exception cref="MlOpsException"><see cref="ErrorCode.InvalidModel"/>.</exception>
    public static void Check(ModelProto model)
    {
        ForeignOperators(model);
        if (model.Graph.Input.Concat(model.Graph.Output).FirstOrDefault(IsBFloat16) is { } value)
        {
            throw BFloat16($"'{value.Name}' is");
        }
    }

    public static MlOpsException BFloat16(string what) => Refusal.Of(
        $"{what} bfloat16, which ONNX Runtime does not compute on a CPU: export the model in float32 (torch: model.float() before torch.onnx.export).");

    private static bool IsBFloat16(ValueInfoProto value) => value.Type?.TensorType?.ElemType == TensorTypes.BFloat16;

    private static void ForeignOperators(ModelProto model)
    {
        var functions = new OwnFunctions(model);
        var foreign = model.AllNodes()
            .Where(node => !Domains.Contains(Operators.DomainOf(node.Domain)) && functions.Find(node) is null)
            .Select(node => $"{node.OpType} of {node.Domain}")
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .ToArray();
        if (foreign.Length > 0)
        {
            throw Refusal.Of(
                $"The model uses operators that need a library of their own: {string.Join(", ", foreign.Take(10))}{(foreign.Length > 10 ? $" and {foreign.Length - 10} more" : "")}. "
                + "Served are ai.onnx, ai.onnx.ml, com.microsoft and functions inside the file. Export without custom operators "
                + "(torch: no custom_translation_table or custom_opsets; tf2onnx: no --custom-ops; ai.onnx.contrib: do that step before the model).");
        }
    }
}
