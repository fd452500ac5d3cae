using System.Net;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using MlOps.Tests.Postgres;
using Xunit;

namespace MlOps.Tests.Running;

/// <summary>A data folder whose disk is full or cannot be written: clear errors, nothing half-done, predictions go on, and all works again when the disk does.</summary>
[Trait("Database", "Embedded")]
public sealed class DiskTroubleTests : IDisposable
{
    private const int DiskMegabytes = 24;

    // Otherwise nothing is answered that cannot be recorded.
    private static readonly (string, string) AnswerUnrecorded = ("MLOPS__InferenceLogs__WhenFull", "drop");

    private readonly string folder = Directory.CreateTempSubdirectory("mlops-disk-").FullName;
    private readonly ModelFixture served = new("flights_linear");
    private readonly ModelFixture other = new("credit_logreg_pipeline");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(folder, "data");

    public DiskTroubleTests() => Assert.SkipWhen(ChosenDatabase.IsPostgres, "The disk is that of the embedded catalogue.");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task FullDisk_IsToldWhileLoadedModelsServe_AndIsForgottenWhenItHasRoom()
    {
        using var disk = SmallDisk.Mount(Data, DiskMegabytes);
        var setting = await Set();
        await using var silo = await SiloProcessUnderTest.Start(folder, AnswerUnrecorded);
        using var client = await silo.Ready(folder, Cancellation);
        await PredictLoaded(client, setting);

        disk.Fill();
        await AssertTold(client, setting, "storage_full", "full");
        await AssertTold(client, setting, "storage_full", "full");
        disk.Free();

        await AssertWorks(client, setting);
        await AssertNothingHalfDone();
    }

    [Fact]
    public async Task FullDisk_RefusesWhatCannotBeRecorded_AndLosesNothingThatWasAnswered()
    {
        using var disk = SmallDisk.Mount(Data, DiskMegabytes);
        var setting = await Set();
        await using var silo = await SiloProcessUnderTest.Start(folder);
        using var client = await silo.Ready(folder, Cancellation);
        var path = $"/api/mlops/deployments/{setting.Staging}/predict";
        var answered = new List<string> { (await client.Post(path, Row(served))).GetProperty("predictions")[0].Text("id") };

        disk.Fill();
        // The last page of a file may have room for some more.
        while (await Try(client, path) is { } id)
        {
            answered.Add(id);
        }

        var refused = await client.Expect(HttpStatusCode.ServiceUnavailable, HttpMethod.Post, path, Row(served));
        Assert.Equal("journal_full", refused.Text("code"));
        disk.Free();
        answered.Add((await client.Post(path, Row(served))).GetProperty("predictions")[0].Text("id"));

        while (true)
        {
            var log = await client.Get($"/api/mlops/deployments/{setting.Staging}/inference-logs?limit=500&status_code=200");
            if (log.GetProperty("total").GetInt32() == answered.Count)
            {
                Assert.Equal(answered.Order(), log.GetProperty("items").EnumerateArray().Select(item => item.Text("id")).Order());
                break;
            }

            await Pace.Next();
        }

        async Task<string?> Try(HttpClient client, string path)
        {
            using var response = await client.PostAsync(path, Json.Body(Row(served)), Cancellation);
            var answer = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(Cancellation));
            return response.IsSuccessStatusCode ? answer.GetProperty("predictions")[0].Text("id") : null;
        }
    }

    [Fact]
    public async Task FullDisk_IsToldAtStart_AndTheNextStartServes()
    {
        using var disk = SmallDisk.Mount(Data, DiskMegabytes);
        disk.Fill();
        await AssertRefusesToStart("full");
        disk.Free();
        await using (var silo = await SiloProcessUnderTest.Start(folder))
        {
            using var client = await silo.Ready(folder, Cancellation);
            await ModelFixture.Project(client, "before");
            disk.Fill();
            await silo.Terminate();
            Assert.Equal(0, (await silo.Ended(Cancellation)).Exit);
        }

        // Its end gave the room of its log back.
        disk.Fill();
        await AssertRefusesToStart("full");
        disk.Free();
        await using var again = await SiloProcessUnderTest.Start(folder);
        using var after = await again.Ready(folder, Cancellation);
        Assert.Equal(1, (await after.Get("/api/projects")).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task ReadOnlyDisk_IsToldAtStart()
    {
        using var disk = SmallDisk.Mount(Data, DiskMegabytes);
        await using (var silo = await SiloProcessUnderTest.Start(folder))
        {
            using var client = await silo.Ready(folder, Cancellation);
            await silo.Terminate();
            Assert.Equal(0, (await silo.Ended(Cancellation)).Exit);
        }

        disk.MakeReadOnly();

        await AssertRefusesToStart("writable");
    }

    // Immutable files refuse even those who have them open, as a disk does that the system has made read-only after an error. All but SQLite's index of
    // its log, which is mapped into the process: where that cannot be written the system ends the process, and its next start refuses.
    [Fact]
    public async Task FolderThatCannotBeWritten_IsToldWhileLoadedModelsServe_AndIsForgottenWhenItCan()
    {
        var setting = await Set();
        await using var silo = await SiloProcessUnderTest.Start(folder, AnswerUnrecorded);
        using var client = await silo.Ready(folder, Cancellation);
        await PredictLoaded(client, setting);
        var failure = OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess ? SmallDisk.Run("find", Data, "!", "-name", "*-shm", "-exec", "chattr", "+i", "{}", "+") : "it takes Linux and root";
        try
        {
            Assert.SkipWhen(failure is not null, $"Files cannot be made immutable here: {failure}");
            await AssertTold(client, setting, "storage_unavailable", "writable");
            await AssertTold(client, setting, "storage_unavailable", "writable");
        }
        finally
        {
            SmallDisk.Run("chattr", "-R", "-i", Data);
        }

        await AssertWorks(client, setting);
        await AssertNothingHalfDone();
    }

    // Left by an earlier process: a deployment in production and one in staging, one whose model nothing has loaded since, and a model without deployments.
    private async Task<Setting> Set()
    {
        await using var silo = await SiloProcessUnderTest.Start(folder);
        using var client = await silo.Ready(folder, Cancellation);
        var project = await ModelFixture.Project(client, "disk");
        var (model, production) = await served.Serve(client, project, served.Metadata.ToJsonString());
        await client.Post($"/api/mlops/deployments/{production}/promote", """{"to_stage": "production"}""");
        var staging = await Deploy(client, project, model, HttpStatusCode.Created);
        var (_, cold) = await other.Serve(client, project, other.Metadata.ToJsonString());
        var (_, spare) = await other.Register(client, project, other.Metadata.ToJsonString());
        await silo.Terminate();
        Assert.Equal(0, (await silo.Ended(Cancellation)).Exit);
        Directory.Delete(Path.Combine(Data, "models"), recursive: true);
        return new Setting(project, spare.Text("id"), production, staging.Text("deployment_id"), cold);
    }

    private async Task PredictLoaded(HttpClient client, Setting set)
    {
        Assert.Equal(set.Production, (await client.Post($"/api/mlops/projects/{set.Project}/predict", Row(served))).Text("deployment_id"));
        await Predict(client, set.Staging, served);
    }

    private async Task AssertTold(HttpClient client, Setting set, string code, string word)
    {
        var refused = new List<JsonElement>
        {
            await client.Expect(HttpStatusCode.ServiceUnavailable, HttpMethod.Post, "/api/projects", """{"name": "none"}"""),
            await client.Expect(HttpStatusCode.ServiceUnavailable, HttpMethod.Post, "/api/auth/api-keys", """{"name": "none", "scopes": ["read"]}"""),
            await client.Expect(HttpStatusCode.ServiceUnavailable, HttpMethod.Post, $"/api/mlops/deployments/{set.Staging}/promote", """{"to_stage": "production"}"""),
            await client.Expect(HttpStatusCode.ServiceUnavailable, HttpMethod.Post, $"/api/mlops/deployments/{set.Production}/deactivate"),
            await client.Expect(HttpStatusCode.ServiceUnavailable, HttpMethod.Patch, $"/api/mlops/deployments/{set.Staging}", """{"name": "renamed"}"""),
            await client.Expect(HttpStatusCode.ServiceUnavailable, HttpMethod.Delete, $"/api/models/{set.Spare}"),
            await client.Expect(HttpStatusCode.ServiceUnavailable, HttpMethod.Post, $"/api/mlops/deployments/{set.Cold}/predict", Row(other)),
            await Deploy(client, set.Project, set.Spare, HttpStatusCode.ServiceUnavailable),
        };
        var (status, registered) = await other.Register(client, set.Project, other.Metadata.ToJsonString());
        Assert.True(status == HttpStatusCode.ServiceUnavailable, registered.ToString());
        refused.Add(registered);
        Assert.All(refused, problem =>
        {
            Assert.Equal(code, problem.Text("code"));
            Assert.Contains(word, problem.Text("detail"), StringComparison.Ordinal);
            Assert.DoesNotContain(folder, problem.ToString(), StringComparison.Ordinal);
        });
        await PredictLoaded(client, set);
        Assert.Equal(1, (await client.Get("/api/projects")).GetProperty("total").GetInt32());
        Assert.Equal(3, (await client.Get($"/api/models?project_id={set.Project}")).GetProperty("total").GetInt32());
        Assert.Equal("production", (await client.Get($"/api/mlops/deployments/{set.Production}")).GetProperty("deployment").Text("stage"));
        Assert.Equal("active", (await client.Get($"/api/mlops/deployments/{set.Cold}")).GetProperty("deployment").Text("status"));
    }

    private async Task AssertWorks(HttpClient client, Setting set)
    {
        await Predict(client, set.Cold, other);
        var deployed = await Deploy(client, set.Project, set.Spare, HttpStatusCode.Created);
        Assert.Equal("active", deployed.Text("status"));
        await Predict(client, deployed.Text("deployment_id"), other);
        await client.Post($"/api/mlops/deployments/{set.Staging}/promote", """{"to_stage": "production"}""");
        Assert.Equal(set.Staging, (await client.Post($"/api/mlops/projects/{set.Project}/predict", Row(served))).Text("deployment_id"));
        await client.Post("/api/projects", """{"name": "after"}""", HttpStatusCode.Created);
        var (status, registered) = await other.Register(client, set.Project, other.Metadata.ToJsonString());
        Assert.True(status == HttpStatusCode.Created, registered.ToString());
        await client.Expect(HttpStatusCode.OK, HttpMethod.Delete, $"/api/models/{registered.Text("id")}");
        Assert.Equal(3, (await client.Get($"/api/models?project_id={set.Project}")).GetProperty("total").GetInt32());
    }

    // Neither parts of uploads, in the catalogue or on the disk, nor files of models that nobody has: the sweep takes them when it can write again.
    private async Task AssertNothingHalfDone()
    {
        await using var catalogue = new SqliteConnection($"Data Source={Path.Combine(Data, "catalogue.db")};Mode=ReadOnly;Pooling=False");
        await catalogue.OpenAsync(Cancellation);
        await using var count = catalogue.CreateCommand();
        count.CommandText = "select count(*) from files where state <> 'stored'";
        while ((long)(await count.ExecuteScalarAsync(Cancellation))! > 0)
        {
            await Pace.Next();
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(Data, "uploads")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(Data, "loading")));
        Assert.DoesNotContain(Directory.EnumerateDirectories(Path.Combine(Data, "models")), path => Path.GetFileName(path).Contains('.', StringComparison.Ordinal));
    }

    private async Task AssertRefusesToStart(string word)
    {
        await using var silo = await SiloProcessUnderTest.Start(folder);
        var (ended, ready) = (silo.Ended(Cancellation), silo.Ready(folder, Cancellation));
        Assert.False(await Task.WhenAny(ended, ready) == ready && ready.IsCompletedSuccessfully, "it serves");
        await ready.ContinueWith(_ => true, Cancellation, TaskContinuationOptions.None, TaskScheduler.Default);
        var (exit, errors, _) = await ended;
        Assert.True(exit == 1, errors);
        Assert.Contains(word, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("in use", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    private static Task<JsonElement> Deploy(HttpClient client, string project, string model, HttpStatusCode status) =>
        client.Expect(status, HttpMethod.Post, $"/api/mlops/projects/{project}/deployments", $$"""{"model_id": "{{model}}", "name": "d", "stage": "staging"}""");

    private static Task<JsonElement> Predict(HttpClient client, string deployment, ModelFixture fixture) =>
        client.Post($"/api/mlops/deployments/{deployment}/predict", Row(fixture));

    private static string Row(ModelFixture fixture) => $$"""{"inputs": {{fixture.Expected.GetProperty("inputs")[0].GetRawText()}}}""";

    private sealed record Setting(string Project, string Spare, string Production, string Staging, string Cold);
}
