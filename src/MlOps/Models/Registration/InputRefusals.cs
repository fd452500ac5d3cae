namespace MlOps.Models.Registration;

/// <summary>Why an input cannot take rows, with the exporter's option that changes it.</summary>
internal static class InputRefusals
{
    /// <returns>A sentence, or null for an input that can be served.</returns>
    public static string? Of(GraphInput input)
    {
        if (input.Type is null)
        {
            return Type(input);
        }

        if (input.Dims.IsDefault)
        {
            return null;
        }

        if (input.Dims.Length > 2)
        {
            return $"Input '{input.Name}' has rank {input.Dims.Length} (images, sequences): inputs of rank 1 [N] or rank 2 [N, k] are served. Reshape inside the model, so that each row comes as k columns.";
        }

        return input.Dims.Length == 1 && input.Dims[0].Size > 1
            ? $"Input '{input.Name}' has rank 1 and the fixed length {input.Dims[0].Size}: there is no batch dimension. Export it as [None, {input.Dims[0].Size}], one row of {input.Dims[0].Size} columns."
            : null;
    }

    private static string Type(GraphInput input)
    {
        var type = input.TypeName;
        var what = type.StartsWith("seq", StringComparison.OrdinalIgnoreCase) ? "a sequence"
            : type.StartsWith("map", StringComparison.OrdinalIgnoreCase) ? "a map"
            : type.StartsWith("optional", StringComparison.OrdinalIgnoreCase) ? "optional"
            : type.StartsWith("sparse", StringComparison.OrdinalIgnoreCase) ? "a sparse tensor"
            : null;
        if (what is not null)
        {
            return $"Input '{input.Name}' is {what} ({type}): only tensors can be fed. skl2onnx: give initial_types of tensors, one for each column, instead of dictionaries or sequences.";
        }

        return type.Contains("bf16", StringComparison.OrdinalIgnoreCase) || type.Contains("bfloat16", StringComparison.OrdinalIgnoreCase)
            ? $"Input '{input.Name}' is bfloat16, which ONNX Runtime does not compute on a CPU: export the model in float32 (model.float())."
            : $"Input '{input.Name}' is {type}: inputs of float16, float, double, int32, int64, bool and string are served. Cast inside the model.";
    }
}
