using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using MlOps.Tests.Postgres;

namespace MlOps.Tests.Clients;

/// <summary>The demo as a newcomer starts it, in a process of its own, with what it printed to paste.</summary>
internal sealed partial class DemoProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly string? folder;

    private DemoProcess(Process process, string? folder)
    {
        this.process = process;
        this.folder = folder;
    }

    /// <summary>BASE_URL, API_KEY, PROJECT_ID, MODEL_ID, OLD_MODEL_ID and DEPLOYMENT_ID as printed in the Python lines.</summary>
    public Dictionary<string, string> Values { get; } = [];

    /// <summary>Starts it in a folder of its own.</summary>
    public static Task<DemoProcess> Start(CancellationToken cancellation)
    {
        var own = Directory.CreateTempSubdirectory("mlops-demo-").FullName;
        return Start(own, own, cancellation);
    }

    /// <summary>Starts it in a folder that the caller keeps.</summary>
    public static Task<DemoProcess> Start(string folder, CancellationToken cancellation) => Start(folder, null, cancellation);

    private static async Task<DemoProcess> Start(string folder, string? own, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "MlOps.Silo.dll"), "demo"])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        (await ChosenDatabase.Of(folder)).AddTo(start.Environment);
        start.Environment["MLOPS__Http__Url"] = $"http://127.0.0.1:{FreePort()}";
        var demo = new DemoProcess(Process.Start(start)!, own);
        var errors = demo.process.StandardError.ReadToEndAsync(cancellation);
        while (await demo.process.StandardOutput.ReadLineAsync(cancellation) is { } line)
        {
            if (Assignment().Match(line) is { Success: true } match)
            {
                demo.Values[match.Groups[1].Value] = match.Groups[2].Value;
            }

            if (demo.Values.ContainsKey("DEPLOYMENT_ID"))
            {
                _ = demo.process.StandardOutput.ReadToEndAsync(CancellationToken.None);
                return demo;
            }
        }

        throw new InvalidOperationException($"The demo ended without its lines: {await errors}");
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
        if (folder is not null)
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [GeneratedRegex("^\\s*([A-Z_]+) = \"([^\"]+)\"")]
    private static partial Regex Assignment();
}
