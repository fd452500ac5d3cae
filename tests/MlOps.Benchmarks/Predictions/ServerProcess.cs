using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace MlOps.Benchmarks.Predictions;

/// <summary>One of the measured servers: this executable again, or that of another build, in another role.</summary>
internal sealed class ServerProcess : IDisposable
{
    private readonly Process process;
    private readonly HttpClient client;

    private ServerProcess(Process process, Uri address)
    {
        this.process = process;
        Address = address;
        client = new HttpClient { BaseAddress = address };
    }

    /// <summary>This executable.</summary>
    public static string ThisProgram { get; } = Path.Combine(AppContext.BaseDirectory, "MlOps.Benchmarks.dll");

    public Uri Address { get; }

    public int Id => process.Id;

    /// <summary>From the start of the process to its first answer.</summary>
    public TimeSpan StartTime { get; private set; }

    /// <summary>Memory of the process that is in the machine's.</summary>
    public long ResidentBytes
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64;
        }
    }

    /// <param name="environment">Variables of the process's own.</param>
    public static Task<ServerProcess> Start(string role, string argument, params (string Name, string Value)[] environment) =>
        StartOf(ThisProgram, role, argument, environment);

    /// <param name="program">A build of these benchmarks, of this version or another.</param>
    public static async Task<ServerProcess> StartOf(string program, string role, string argument, params (string Name, string Value)[] environment)
    {
        var address = new Uri($"http://127.0.0.1:{FreePort()}");
        var start = new ProcessStartInfo("dotnet", [program, role, argument, address.ToString()]);
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var began = Stopwatch.GetTimestamp();
        var server = new ServerProcess(Process.Start(start)!, address);
        while (true)
        {
            try
            {
                await server.Allocated();
                server.StartTime = Stopwatch.GetElapsedTime(began);
                return server;
            }
            catch (HttpRequestException) when (!server.process.HasExited)
            {
                await Task.Delay(50);
            }
        }
    }

    /// <summary>Bytes that the process has allocated since it started.</summary>
    public async Task<long> Allocated() => long.Parse(await client.GetStringAsync("/allocated"), CultureInfo.InvariantCulture);

    /// <summary>Bytes that models take by the silo's own account.</summary>
    public async Task<long> Accounted() => long.Parse(await client.GetStringAsync("/accounted"), CultureInfo.InvariantCulture);

    /// <summary>Processor time of the process, all threads.</summary>
    public TimeSpan Cpu()
    {
        process.Refresh();
        return process.TotalProcessorTime;
    }

    public void Dispose()
    {
        client.Dispose();
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
