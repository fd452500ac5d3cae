namespace MlOps.Benchmarks.Predictions;

/// <summary>What several rounds of load on one server came to.</summary>
internal sealed class Measured
{
    private readonly List<double> latencies = [];
    private double seconds;
    private double cpu;
    private double bytes;
    private bool sorted;

    public double PerSecond => latencies.Count / seconds;

    public double CpuMicroseconds => cpu / latencies.Count;

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
        latencies.AddRange(await LoadGenerator.Run(server.Address, request, connections, duration));
        cpu += (server.Cpu() - cpuBefore).TotalMicroseconds;
        bytes += await server.Allocated() - allocatedBefore;
        seconds += duration.TotalSeconds;
    }
}
