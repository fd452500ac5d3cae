namespace MlOps.Models;

/// <summary>What the end of a child without an answer says about the file.</summary>
internal static class CheckDeath
{
    private const int Killed = 128 + 9;
    private const int ProcessorTimeUsedUp = 128 + 24;

    /// <param name="printed">What the process printed to standard error last.</param>
    /// <returns>The refusal.</returns>
    public static MlOpsException Explain(int exitCode, string printed, double seconds) =>
        exitCode == ProcessorTimeUsedUp ? TooLong(seconds)
        : exitCode == Killed || printed.Contains("memory", StringComparison.OrdinalIgnoreCase) || printed.Contains("bad_alloc", StringComparison.Ordinal) ? OutOfMemory()
        : Refusal.Of(
            $"The model ended the process that tried it ({Signal(exitCode)}). It overflows the stack, as trees thousands of levels deep do: limit their depth in training (max_depth); "
            + "or it breaks ONNX Runtime: export it again with another opset or exporter version.");

    public static MlOpsException OutOfMemory() =>
        Refusal.Of(
            "Loading and trying the model with its rows takes more memory than is allowed (Models:CheckMemoryBytes; Models:BaselineMemoryBytes for a baseline's job). Export a smaller model, or raise the limit; "
            + "rows in Parquet with huge pages, or a column of long texts that are all different, take much of it.");

    public static MlOpsException TooLong(double seconds) => Refusal.Of(
        $"Loading and trying the model took more than {seconds:0.#} s. A model that is served must load and answer its sample rows within that time: look for loops that never end, or export a smaller one.");

    private static string Signal(int exitCode) => exitCode switch
    {
        128 + 6 => "aborted",
        128 + 8 => "arithmetic fault",
        128 + 11 => "segmentation fault",
        > 128 => $"signal {exitCode - 128}",
        _ => $"exit code {exitCode}",
    };
}
