using Microsoft.ML.OnnxRuntime;

namespace MlOps.Models;

/// <summary>Tells failures for want of memory from those of the file: ONNX Runtime has no number for them, only words.</summary>
internal static class MemoryShortage
{
    public const string Loading =
        "There is not enough memory to load the model. Archive deployments that are not needed, or give the process more memory; it is tried again then.";

    public const string Running =
        "There is not enough memory to run the model on these rows. Send fewer rows in one call; if one row alone fails, the model needs more memory than this process has.";

    private static readonly string[] Words = ["bad_alloc", "bad allocation", "Failed to allocate memory", "bad_array_new_length"];

    public static bool Is(Exception failure) =>
        failure is OutOfMemoryException
        || (failure is OnnxRuntimeException && Words.Any(word => failure.Message.Contains(word, StringComparison.Ordinal)));
}
