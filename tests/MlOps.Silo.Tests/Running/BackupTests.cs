using System.Diagnostics;
using System.Net;
using System.Text.Json;
using MlOps.Tests.Postgres;
using Xunit;

namespace MlOps.Tests.Running;

/// <summary>The command <c>backup</c> beside a silo that serves, and a restore by the lines of README.md, with the processes of every day.</summary>
[Trait("Database", "Embedded")]
public sealed class BackupTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("mlops-backup-").FullName;
    private readonly ModelFixture fixture = new("flights_linear");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Row => $$"""{"inputs": {{fixture.Expected.GetProperty("inputs")[0].GetRawText()}}}""";

    public BackupTests() => Assert.SkipWhen(ChosenDatabase.IsPostgres, "The command is for the embedded catalogue; PostgreSQL has its own.");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Backup_OfAServingSilo_IsRestoredAsItWas()
    {
        var file = Path.Combine(folder, "monday.db");
        string project, first, second;
        await using (var silo = await SiloProcessUnderTest.Start(folder))
        {
            using var client = await silo.Ready(folder, Cancellation);
            project = await ModelFixture.Project(client, "restored");
            (var model, first) = await fixture.Serve(client, project, fixture.Metadata.ToJsonString());
            await Promote(client, first);
            var key = (await client.Post("/api/auth/api-keys", """{"name": "kept", "scopes": ["predict"]}""", HttpStatusCode.Created)).Text("key");

            // Changes and predictions go on while the file is written.
            var (exit, output, errors) = await Beside(Backup(file), () => client.Post($"/api/mlops/projects/{project}/predict", Row));
            Assert.True(exit == 0, errors);
            Assert.Contains(file, output, StringComparison.Ordinal);

            second = (await client.Post($"/api/mlops/projects/{project}/deployments", $$"""{"model_id": "{{model}}", "name": "later", "stage": "staging"}""", HttpStatusCode.Created)).Text("deployment_id");
            await Promote(client, second);
            await ModelFixture.Project(client, "made after the backup");
            Assert.Equal(second, (await client.Post($"/api/mlops/projects/{project}/predict", Row)).Text("deployment_id"));

            var (again, _, refused) = await Backup(file);
            Assert.Equal(1, again);
            Assert.Contains("overwrites nothing", refused, StringComparison.Ordinal);
            silo.Kill();
            await silo.Ended(Cancellation);
            await AssertRestored(folder, file, project, first, key);
        }

        // Elsewhere, too: models come from the file, the admin key is a new one.
        var elsewhere = Directory.CreateDirectory(Path.Combine(folder, "elsewhere")).FullName;
        Directory.CreateDirectory(Path.Combine(elsewhere, "data"));
        File.Copy(file, Path.Combine(elsewhere, "data", "catalogue.db"));
        await using var copy = await SiloProcessUnderTest.Start(elsewhere);
        using var other = await copy.Ready(elsewhere, Cancellation);
        Assert.Equal(first, (await other.Post($"/api/mlops/projects/{project}/predict", Row)).Text("deployment_id"));
    }

    [Fact]
    public async Task Backup_WithoutACatalogue_RefusesAndLeavesNothing()
    {
        var (exit, _, errors) = await Backup(Path.Combine(folder, "none.db"));

        Assert.Equal(1, exit);
        Assert.Contains("MLOPS__Storage__Data", errors, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    [Fact]
    public async Task Backup_ToAFullDisk_RefusesAndLeavesNothing()
    {
        using var disk = SmallDisk.Mount(Path.Combine(folder, "small"), 1);
        await using var silo = await SiloProcessUnderTest.Start(folder);
        using var client = await silo.Ready(folder, Cancellation);
        disk.Fill();

        var (exit, _, errors) = await Backup(Path.Combine(disk.Path, "full.db"));

        Assert.Equal(1, exit);
        Assert.Contains("not enough room", errors, StringComparison.Ordinal);
        Assert.Equal([Path.Combine(disk.Path, "ballast")], Directory.EnumerateFileSystemEntries(disk.Path));
        await ModelFixture.Project(client, "goes on");
    }

    // As README.md has it: put the file in place, remove what lay beside the one before, start. Without the second step the start is refused.
    private async Task AssertRestored(string at, string file, string project, string production, string key)
    {
        var catalogue = Path.Combine(at, "data", "catalogue.db");
        File.Copy(file, catalogue, overwrite: true);
        await using (var hasty = await SiloProcessUnderTest.Start(at))
        {
            var (exit, errors, _) = await hasty.Ended(Cancellation);
            Assert.Equal(1, exit);
            Assert.Contains("catalogue.db-wal", errors, StringComparison.Ordinal);
        }

        File.Delete(catalogue + "-wal");
        File.Delete(catalogue + "-shm");
        await using var silo = await SiloProcessUnderTest.Start(at);
        using var client = await silo.Ready(at, Cancellation);
        Assert.Equal(1, (await client.Get("/api/projects")).GetProperty("total").GetInt32());
        Assert.Equal(1, (await client.Get($"/api/mlops/projects/{project}/deployments")).GetProperty("total").GetInt32());
        client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        Assert.Equal(production, (await client.Post($"/api/mlops/projects/{project}/predict", Row)).Text("deployment_id"));
    }

    private static Task<JsonElement> Promote(HttpClient client, string deployment) =>
        client.Post($"/api/mlops/deployments/{deployment}/promote", """{"to_stage": "production"}""");

    private static async Task<T> Beside<T>(Task<T> running, Func<Task> work)
    {
        do
        {
            await work();
        }
        while (!running.IsCompleted);

        return await running;
    }

    private async Task<(int Exit, string Output, string Errors)> Backup(string file)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "MlOps.Silo.dll"), "backup", file])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(Cancellation), process.StandardError.ReadToEndAsync(Cancellation));
        await process.WaitForExitAsync(Cancellation);
        return (process.ExitCode, await output, await errors);
    }
}
