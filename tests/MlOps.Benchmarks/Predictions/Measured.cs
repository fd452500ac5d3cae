namespace MlOps.Benchmarks.Predictions;

/// <summary>What several rounds of load on one server came to.</summary>
internal sealed class Measured
{
    private readonly List<double> latencies = [];
    private double seconds;
    private double cpu;
    private double generator;
    private double bytes;
    private bool sorted;

    public double PerSecond => latencies.Count / seconds;

    public double CpuMicroseconds => cpu / latencies.Count;

    /// <summary>What the load generator itself took of the same cores.</summary>
    public double GeneratorMicroseconds => generator / latencies.Count;

    public double AllocatedBytes => bytes / latencies.Count;

    public double Percentile(double share)
    {
        if (!sorted)
        {
            latencies.Sort();
            sorted = true;
        }

        return latencies[(int)(share * (latencies.Count - 1))];
    }

    public async Task Add(ServerProcess server, byte[] request, int connections, TimeSpan duration)
    {
        var (cpuBefore, allocatedBefore) = (server.Cpu(), await server.Allocated());
        var generatorBefore = Environment.CpuUsage.TotalTime;
        latencies.AddRange(await LoadGenerator.Run(server.Address, request, connections, duration));
        generator += (Environment.CpuUsage.TotalTime - generatorBefore).TotalMicroseconds;
        cpu += (server.Cpu() - cpuBefore).TotalMicroseconds;
        bytes += await server.Allocated() - allocatedBefore;
        seconds += duration.TotalSeconds;
    }
}
