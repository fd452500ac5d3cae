using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using MlOps.Tests.Postgres;

namespace MlOps.Tests.Running;

/// <summary>The silo as a process of its own, on a free loopback port, with a data folder that outlives it.</summary>
internal sealed class SiloProcessUnderTest : IAsyncDisposable
{
    private readonly Process process;
    private readonly Task<string> errors;
    private readonly Task<string> output;

    private SiloProcessUnderTest(Process process, Uri address)
    {
        this.process = process;
        Address = address;
        errors = process.StandardError.ReadToEndAsync();
        output = process.StandardOutput.ReadToEndAsync();
    }

    public Uri Address { get; }

    public int Id => process.Id;

    /// <summary>Starts the process in a folder; data lie in its sub-folder <c>data</c>.</summary>
    public static Task<SiloProcessUnderTest> Start(string folder, params (string Name, string Value)[] environment) =>
        StartProgram("MlOps.Silo.dll", [], folder, environment);

    /// <param name="program">Beside the tests.</param>
    public static async Task<SiloProcessUnderTest> StartProgram(string program, string[] arguments, string folder, params (string Name, string Value)[] environment)
    {
        var address = new Uri($"http://127.0.0.1:{FreePort()}");
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, program), .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        (await ChosenDatabase.Of(folder)).AddTo(start.Environment);
        start.Environment["MLOPS__Http__Url"] = address.ToString();
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new SiloProcessUnderTest(Process.Start(start)!, address);
    }

    /// <summary>A client with the admin key, once the process says that it is ready.</summary>
    public async Task<HttpClient> Ready(string folder, CancellationToken cancellation)
    {
        var client = new HttpClient { BaseAddress = Address };
        while (true)
        {
            if (process.HasExited)
            {
                throw new InvalidOperationException($"The silo ended with {process.ExitCode}: {await errors}{await output}");
            }

            try
            {
                using var ready = await client.GetAsync("/health/ready", cancellation);
                if (ready.IsSuccessStatusCode)
                {
                    break;
                }
            }
            catch (HttpRequestException)
            {
                // Nobody listens yet.
            }

            await Pace.Next();
        }

        var key = await File.ReadAllTextAsync(Path.Combine(folder, "data", "admin.key"), cancellation);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Trim());
        return client;
    }

    /// <summary>Waits for the end; exit code and everything printed.</summary>
    public async Task<(int Exit, string Errors, string Output)> Ended(CancellationToken cancellation)
    {
        await process.WaitForExitAsync(cancellation);
        return (process.ExitCode, await errors, await output);
    }

    public void Kill() => process.Kill(entireProcessTree: true);

    /// <summary>SIGTERM, as a supervisor sends it.</summary>
    public async Task Terminate()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);
        await kill.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            Kill();
            await process.WaitForExitAsync();
        }

        process.Dispose();
    }

    /// <summary>A port that nobody listens on.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
