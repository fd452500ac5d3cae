using System.Collections.Frozen;
using MlOps.Models.Graphs;
using MlOps.Models.Registration;

namespace MlOps.Models.Checks;

/// <summary>What is wrong with a file before it is loaded, said with the exporter's option that fixes it.</summary>
internal static class StaticChecks
{
    private static readonly FrozenSet<string> Domains = new[] { "", Operators.MachineLearning, "com.microsoft" }.ToFrozenSet(StringComparer.Ordinal);

    /// <param name="constants">Inputs that the metadata gives a fixed value: any shape will do for them.</param>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.InvalidModel"/>.</exception>
    public static void Check(ModelProto model, ModelGraph graph, IReadOnlySet<string> constants)
    {
        ForeignOperators(model);
        foreach (var input in graph.Inputs)
        {
            Type(input);
        }

        foreach (var input in graph.Inputs.Where(input => !constants.Contains(input.Name)))
        {
            Shape(input, graph);
        }

        if (graph.Outputs.FirstOrDefault(output => output.TypeName == "tensor(bfloat16)") is { } output)
        {
            throw BFloat16($"Output '{output.Name}'");
        }
    }

    public static MlOpsException BFloat16(string where) => Invalid(
        $"{where} is bfloat16, which has no numbers in JSON and hardly an operator in the runtime; export the model in float32 (torch: model.float() before torch.onnx.export).");

    private static void ForeignOperators(ModelProto model)
    {
        var own = model.Functions.Select(function => Operators.DomainOf(function.Domain)).ToHashSet(StringComparer.Ordinal);
        var functions = new OwnFunctions(model);
        var foreign = model.AllNodes()
            .Where(node => !Domains.Contains(Operators.DomainOf(node.Domain)) && functions.Find(node) is null)
            .Select(node => (node.Domain, node.OpType))
            .Distinct()
            .ToArray();
        if (foreign.Length == 0)
        {
            return;
        }

        var missing = foreign.Where(node => own.Contains(node.Domain)).Select(node => $"{node.Domain}.{node.OpType}").ToArray();
        if (missing.Length == foreign.Length)
        {
            throw Invalid($"The model uses functions that it does not bring along: {Listed(missing)}. Export it again, with its local functions inside.");
        }

        throw Invalid(
            $"The model uses operators of a domain that needs a library of its own: {Listed(foreign.Select(node => $"{node.OpType} of {node.Domain}"))}. "
            + "Served are ai.onnx, ai.onnx.ml, com.microsoft and the model's own functions. Export without custom operators "
            + "(torch: without custom_translation_table or custom_opsets; tf2onnx: without --custom-ops; ai.onnx.contrib: keep tokenizing out of the model).");
    }

    private static void Type(GraphInput input)
    {
        if (input.TypeName == "tensor(bfloat16)")
        {
            throw BFloat16($"Input '{input.Name}'");
        }

        if (input.Type is not null)
        {
            return;
        }

        var kind = input.TypeName.Split('(')[0] switch
        {
            "seq" => "a sequence",
            "map" => "a map",
            "optional" => "optional",
            "sparse_tensor" => "a sparse tensor",
            _ => null,
        };
        throw Invalid(
            kind is null
                ? $"Input '{input.Name}' is {input.TypeName}; rows are fed as float16, float, double, int32, int64, bool or string. Cast it within the model before exporting."
                : $"Input '{input.Name}' is {kind} ({input.TypeName}); rows are fed as tensors of rank 1 or 2. Export with plain tensor inputs "
                + "(skl2onnx: initial_types of FloatTensorType([None, k]), without DictVectorizer).");
    }

    private static void Shape(GraphInput input, ModelGraph graph)
    {
        if (input.Dims.IsDefault)
        {
            return;
        }

        var constant = $" When it is no feature but a constant that the exporter left open, give its value: \"constants\": {{\"{input.Name}\": …}} in the metadata.";
        switch (input.Dims)
        {
            case { Length: 0 }:
                throw Invalid($"Input '{input.Name}' is a single value (rank 0), not one for each row; export with inputs of shape [None, k].{constant}");
            case { Length: > 2 }:
                throw Invalid(
                    $"Input '{input.Name}' has rank {input.Dims.Length}; rows are fed as [N] or [N, k]. Flatten it to [None, k] and reshape within the model "
                    + $"(torch: wrap the module and call x.reshape(…) in forward).{constant}");
            case [{ Size: > 1 and var length }]:
                throw Invalid(
                    $"Input '{input.Name}' is of rank 1 with the fixed length {length}: one row without a batch. Export it as [None, {length}] "
                    + $"(torch: an example input of shape [2, {length}] and dynamic_shapes for dimension 0; skl2onnx: FloatTensorType([None, {length}])).{constant}");
            case [{ Size: 0 or > 1 } batch, var width]:
                throw Invalid(
                    $"Input '{input.Name}' has a batch fixed at {batch.Size} rows; a batch must be free (or 1). Export it as [None, {width.Size?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "k"}]: "
                    + $"torch.onnx.export(…, dynamo=True, dynamic_shapes=…) or dynamic_axes for dimension 0; skl2onnx initial_types [None, k]; Keras Input without batch_size.{constant}");
            case [_, { Size: 0 }] or [{ Size: 0 }]:
                throw Invalid($"Input '{input.Name}' has a dimension of size 0: there is nothing to feed. Export it as [None, k] with the number of features as k.");
        }
    }

    private static string Listed(IEnumerable<string> names)
    {
        var all = names.Order(StringComparer.Ordinal).ToArray();
        return string.Join(", ", all.Take(10)) + (all.Length > 10 ? $" and {all.Length - 10} more" : "");
    }

    private static MlOpsException Invalid(string detail) => new(ErrorCode.InvalidModel, detail);
}
