using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace MlOps.Tests.Running;

/// <summary>Starting, refusing to start, stopping and being killed, as a supervisor sees it.</summary>
public sealed class ProcessTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("mlops-process-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task SecondProcess_OnTheSameFolder_RefusesAndSaysWhy()
    {
        await using var first = await SiloProcessUnderTest.Start(folder);
        using var client = await first.Ready(folder, Cancellation);
        await using var second = await SiloProcessUnderTest.Start(folder);

        var (exit, errors, _) = await second.Ended(Cancellation);

        Assert.Equal(1, exit);
        Assert.Contains($"{first.Id}", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        Assert.Equal(0, (await client.Get("/api/projects")).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task TakenAddress_RefusesToStartAndLeavesTheJournalInPeace()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var address = $"http://{other.LocalEndpoint}";
        await using var silo = await SiloProcessUnderTest.Start(folder, ("MLOPS__Http__Url", address));

        var (exit, errors, output) = await silo.Ended(Cancellation);

        Assert.Equal(1, exit);
        Assert.Contains($"MlOps cannot start: Failed to bind to address {address}", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("The journal of answers cannot be committed", errors + output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MLOPS__Predictions__TimeoutSecond", "5", "TimeoutSeconds")]
    [InlineData("MLOPS__Prediction__TimeoutSeconds", "5", "Predictions")]
    [InlineData("MLOPS__Predictions__TimeoutSeconds", "21", "TimeoutSeconds")]
    [InlineData("MLOPS__Predictions__MaxRows", "many", "MaxRows")]
    [InlineData("MLOPS__Http__Url", "nonsense", "Url")]
    [InlineData("MLOPS__Telemetry__OtlpProtocol", "udp", "OtlpProtocol")]
    [InlineData("MLOPS_ADMIN_KEY", "short", "MLOPS_ADMIN_KEY")]
    public async Task WrongSetting_RefusesToStartAndNamesIt(string name, string value, string named)
    {
        await using var silo = await SiloProcessUnderTest.Start(folder, (name, value));

        var (exit, errors, _) = await silo.Ended(Cancellation);

        Assert.Equal(1, exit);
        Assert.Contains(named, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AdminKey_IsKeptPrivateAndReplacedByTheVariable()
    {
        await using (var silo = await SiloProcessUnderTest.Start(folder))
        {
            using var client = await silo.Ready(folder, Cancellation);
            Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(Path.Combine(folder, "data", "admin.key")) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
            Assert.Equal(0, (await client.Get("/api/auth/api-keys")).GetProperty("total").GetInt32());
            await silo.Terminate();
            var (exit, _, output) = await silo.Ended(Cancellation);
            Assert.Equal(0, exit);
            Assert.Contains((await File.ReadAllTextAsync(Path.Combine(folder, "data", "admin.key"), Cancellation)).Trim(), output, StringComparison.Ordinal);
        }

        await using var replaced = await SiloProcessUnderTest.Start(folder, ("MLOPS_ADMIN_KEY", "another-key-of-the-owner"));
        using var old = await replaced.Ready(folder, Cancellation);
        await old.Expect(HttpStatusCode.Unauthorized, HttpMethod.Get, "/api/projects");
        old.DefaultRequestHeaders.Authorization = new("Bearer", "another-key-of-the-owner");
        await old.Get("/api/projects");
    }

    [Fact]
    public async Task Terminated_FinishesWhatIsUnderWay()
    {
        await using var silo = await SiloProcessUnderTest.Start(folder);
        using var client = await silo.Ready(folder, Cancellation);
        var key = client.DefaultRequestHeaders.Authorization!.ToString();
        using var socket = new TcpClient();
        await socket.ConnectAsync(silo.Address.Host, silo.Address.Port, Cancellation);
        var stream = socket.GetStream();
        var body = """{"name": "under way"}""";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /api/projects HTTP/1.1\r\nHost: x\r\nAuthorization: {key}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body[..5]}"), Cancellation);
        await client.Get("/api/projects");

        await silo.Terminate();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(body[5..]), Cancellation);
        var answer = await new StreamReader(stream).ReadToEndAsync(Cancellation);

        Assert.StartsWith("HTTP/1.1 201", answer, StringComparison.Ordinal);
        Assert.Equal(0, (await silo.Ended(Cancellation)).Exit);
        await using var again = await SiloProcessUnderTest.Start(folder);
        using var later = await again.Ready(folder, Cancellation);
        Assert.Equal(1, (await later.Get("/api/projects")).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task Killed_KeepsEveryAnsweredChange()
    {
        var fixture = new ModelFixture("flights_linear");
        string project, deployment;
        await using (var silo = await SiloProcessUnderTest.Start(folder))
        {
            using var client = await silo.Ready(folder, Cancellation);
            project = await ModelFixture.Project(client, "killed");
            (_, deployment) = await fixture.Serve(client, project, fixture.Metadata.ToJsonString());
            await client.Post($"/api/mlops/deployments/{deployment}/promote", """{"to_stage": "production"}""");
            silo.Kill();
        }

        await using var again = await SiloProcessUnderTest.Start(folder);
        using var after = await again.Ready(folder, Cancellation);
        var row = fixture.Expected.GetProperty("inputs")[0].GetRawText();
        var answer = await after.Post($"/api/mlops/projects/{project}/predict", $$"""{"inputs": {{row}}}""");
        Assert.Equal(deployment, answer.Text("deployment_id"));
    }

    [Fact]
    public async Task UnknownCommand_SaysWhatThereIs()
    {
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "MlOps.Silo.dll"), "dmeo"])
        {
            RedirectStandardError = true,
            WorkingDirectory = folder,
        })!;
        var errors = await process.StandardError.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);

        Assert.Equal(2, process.ExitCode);
        Assert.Contains("check-model", errors, StringComparison.Ordinal);
    }
}
