using System.Diagnostics;

namespace MlOps.Benchmarks.Predictions;

/// <summary>A mix of reads and writes of the control plane, each timed.</summary>
internal sealed class ControlCalls(SiloClient client, string project, string deployment)
{
    private int number;

    /// <returns>Milliseconds by call.</returns>
    public async Task<IReadOnlyDictionary<string, List<double>>> Measure(TimeSpan duration)
    {
        var measured = new Dictionary<string, List<double>>();
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < duration)
        {
            await Time(measured, "get deployment", () => client.Send(HttpMethod.Get, $"/api/mlops/deployments/{deployment}"));
            await Time(measured, "list deployments", () => client.Send(HttpMethod.Get, $"/api/mlops/projects/{project}/deployments"));
            await Time(measured, "patch deployment", () => client.Send(HttpMethod.Patch, $"/api/mlops/deployments/{deployment}", $$"""{"name": "name {{number++}}"}"""));
            await Time(measured, "create project", () => client.Send(HttpMethod.Post, "/api/projects", $$"""{"name": "project {{number++}}"}"""));
            await Time(measured, "promote (no-op)", () => client.Send(HttpMethod.Post, $"/api/mlops/deployments/{deployment}/promote", """{"to_stage": "production"}"""));
            await Time(measured, "health/ready", () => client.Send(HttpMethod.Get, "/health/ready"));
        }

        return measured;
    }

    private static async Task Time(Dictionary<string, List<double>> measured, string call, Func<Task> send)
    {
        var started = Stopwatch.GetTimestamp();
        await send();
        if (!measured.TryGetValue(call, out var latencies))
        {
            measured.Add(call, latencies = []);
        }

        latencies.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }
}
