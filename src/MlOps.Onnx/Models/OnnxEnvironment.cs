using Microsoft.ML.OnnxRuntime;

namespace MlOps.Models;

/// <summary>ONNX Runtime as this process starts it: once, silent, and without its telemetry, which is on by default.</summary>
internal static class OnnxEnvironment
{
    private static readonly Lazy<OrtEnv> Started = new(Make);

    /// <summary>Above this size a model's runs may use several cores each; below it the threads cost more than they give.</summary>
    private const long SmallModel = 64L << 20;

    /// <summary>Starts it now, unless it has been: what that takes is no model's.</summary>
    public static void Start() => _ = Started.Value;

    /// <summary>Opens a session over a file, or over bytes whose external data lie in <paramref name="folder"/>.</summary>
    /// <param name="size">Bytes of graph and weights.</param>
    /// <exception cref="OnnxRuntimeException">The file cannot be loaded.</exception>
    public static InferenceSession Open(string path, byte[]? bytes, string? folder, long size)
    {
        Start();
        using var options = new SessionOptions
        {
            IntraOpNumThreads = size < SmallModel ? 1 : Math.Max(1, Environment.ProcessorCount / 2),
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            // An arena reserves a MiB for each session, which is more than most models take, and keeps the most that a run ever took. The allocator of the
            // process is as fast for small tensors, takes memory back, and can be asked what is in use.
            EnableCpuMemArena = size >= SmallModel,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            // Exporters declare wrong output shapes, and every run would warn of it; errors are thrown as well as logged, and quote cells.
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        options.AddSessionConfigEntry("session.inter_op.allow_spinning", "0");
        if (folder is not null)
        {
            options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", folder);
        }

        return bytes is null ? new InferenceSession(path, options) : new InferenceSession(bytes, options);
    }

    private static OrtEnv Make()
    {
        // The native library reads its own environment when it starts, and .NET's variables never reach it on Unix.
        const string NoTelemetry = "ORT_DISABLE_TELEMETRY";
        Environment.SetEnvironmentVariable(NoTelemetry, "1");
        if (!OperatingSystem.IsWindows())
        {
            _ = Libc.SetEnvironment(NoTelemetry, "1", overwrite: 1);
        }

        var options = new EnvironmentCreationOptions { logId = "onnx", logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        var environment = OrtEnv.CreateInstanceWithOptions(ref options);
        environment.DisableTelemetryEvents();
        return environment;
    }
}
