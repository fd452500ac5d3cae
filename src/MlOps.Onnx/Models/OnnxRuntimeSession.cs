using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Microsoft.ML.OnnxRuntime;

namespace MlOps.Models;

/// <summary>How sessions are made here, and what their messages may say outside.</summary>
internal static partial class OnnxRuntimeSession
{
    private const int LongestMessage = 400;

    // Telemetry is on by default in the official binaries. The native library reads its environment when it starts, and .NET's own
    // environment is a copy that it does not see.
    static OnnxRuntimeSession()
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = SetEnv("ORT_DISABLE_TELEMETRY", "1", 1);
        }

        Environment.SetEnvironmentVariable("ORT_DISABLE_TELEMETRY", "1");
        OrtEnv.Instance().DisableTelemetryEvents();
    }

    /// <summary>A session over a file; external data are looked for beside it.</summary>
    /// <exception cref="OnnxRuntimeException">The file does not load.</exception>
    public static InferenceSession Open(string path)
    {
        using var options = Options();
        return new InferenceSession(path, options);
    }

    /// <summary>A session over a graph in memory; external data are looked for in a folder.</summary>
    public static InferenceSession Open(byte[] model, string folder)
    {
        using var options = Options();
        options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", folder);
        return new InferenceSession(model, options);
    }

    /// <summary>A message of the runtime without paths, source locations and node names' tails.</summary>
    public static string Clean(string message)
    {
        var clean = Whitespace().Replace(Source().Replace(Paths().Replace(message, "…"), ""), " ").Trim();
        return clean.Length > LongestMessage ? clean[..LongestMessage] + "…" : clean;
    }

    private static SessionOptions Options()
    {
        var options = new SessionOptions
        {
            // One thread: requests are what runs in parallel, and a pool that spins takes the cores from them.
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            // Shapes change with every batch size: a pattern for each would only grow.
            EnableMemoryPattern = false,
            // Exporters declare wrong output shapes, of which each run would warn.
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        return options;
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnv(string name, string value, int overwrite);

    [GeneratedRegex(@"(?<![\w.])/[^\s:'""]+|[A-Za-z]:\\[^\s:'""]+")]
    private static partial Regex Paths();

    [GeneratedRegex(@"…:\d+|\[ONNXRuntimeError\] : \d+ : [A-Z_]+ : |onnxruntime::[^\s]+|\bstatus == kSuccess was false\.?")]
    private static partial Regex Source();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Whitespace();
}
