using System.Diagnostics;
using System.Globalization;

namespace MlOps.Benchmarks.Predictions;

/// <summary>The load generator in a process of its own, so that what is measured beside it does not wait for its threads.</summary>
internal static class LoadProcess
{
    public static async Task<int> Run(string url, string requestFile, string[] options)
    {
        var seconds = Options.Number(options, "--seconds", 5);
        var latencies = await LoadGenerator.Run(new Uri(url), await File.ReadAllBytesAsync(requestFile), Options.Number(options, "--connections", 64), TimeSpan.FromSeconds(seconds));
        latencies.Sort();
        using var own = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{latencies.Count / (double)seconds:0} req/s   p50 {latencies[latencies.Count / 2] / 1000:0.0} ms   p99 {latencies[(int)(0.99 * (latencies.Count - 1))] / 1000:0.0} ms   generator's CPU {own.TotalProcessorTime.TotalSeconds / seconds:0.00} cores"));
        return 0;
    }

    /// <summary>Starts it; what it prints is read at its end.</summary>
    public static Process Start(Uri server, string requestFile, int connections, int seconds) =>
        Process.Start(new ProcessStartInfo(
            "dotnet",
            [
                Path.Combine(AppContext.BaseDirectory, "MlOps.Benchmarks.dll"), "load", server.ToString(), requestFile, "--connections",
                connections.ToString(CultureInfo.InvariantCulture), "--seconds", seconds.ToString(CultureInfo.InvariantCulture),
            ])
        {
            RedirectStandardOutput = true,
        })!;
}
