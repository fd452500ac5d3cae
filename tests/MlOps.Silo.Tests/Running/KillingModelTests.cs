using System.Data.Common;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using MlOps.Tests.Models;
using MlOps.Tests.Postgres;
using Xunit;

namespace MlOps.Tests.Running;

/// <summary>
/// A file that ends the process that loads it, in a silo that has taken it as good: the bytes below the registered model are exchanged while
/// the silo stands still, as a check that missed something would leave them.
/// </summary>
[Trait("Database", "Either")]
public sealed class KillingModelTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("mlops-killing-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task ModelThatKillsItsLoader_KillsOneStartAtMost()
    {
        var (suspect, other, row) = await Registered();
        await Exchange(suspect, HostileGraphs.DeepTree(20_000));

        await using (var killed = await SiloProcessUnderTest.Start(folder))
        {
            using var client = await killed.Ready(folder, Cancellation);
            await Predict(client, other, row);
            await Assert.ThrowsAsync<HttpRequestException>(() => Predict(client, suspect, "0"));
            Assert.NotEqual(0, (await killed.Ended(Cancellation)).Exit);
        }

        for (var start = 0; start < 2; start++)
        {
            await using var lives = await SiloProcessUnderTest.Start(folder);
            using var client = await lives.Ready(folder, Cancellation);
            await AssertFails(client, suspect);
            await AssertFails(client, suspect);
            await Predict(client, other, row);
            await AssertShownAsFailed(client, suspect);

            // Insisting runs the child's check again, and takes its word.
            var promoted = await client.Expect(HttpStatusCode.FailedDependency, HttpMethod.Post, $"/api/mlops/deployments/{suspect.Deployment}/promote", """{"to_stage": "production"}""");
            Assert.Contains("process", promoted.Text("detail"), StringComparison.Ordinal);
            await Stop(lives);
        }
    }

    [Fact]
    public async Task ModelWhoseLoadWasKilled_IsTriedOutsideAndServesAgain()
    {
        var (suspect, other, row) = await Registered();
        var good = await Exchange(suspect, HostileGraphs.EndlessLoop());
        var markers = Path.Combine(folder, "data", "loading");

        await using (var killed = await SiloProcessUnderTest.Start(folder))
        {
            using var client = await killed.Ready(folder, Cancellation);
            var predicting = Predict(client, suspect, "0");
            while (!Directory.EnumerateFiles(markers).Any())
            {
                await Predict(client, other, row);
            }

            killed.Kill();
            await Assert.ThrowsAsync<HttpRequestException>(() => predicting);
        }

        await using (var hangs = await SiloProcessUnderTest.Start(folder, ("MLOPS__Models__CheckTimeoutSeconds", "2")))
        {
            using var client = await hangs.Ready(folder, Cancellation);
            await AssertFails(client, suspect);
            await Predict(client, other, row);
            Assert.NotEmpty(Directory.EnumerateFiles(markers));
            await Stop(hangs);
        }

        // The file was never the cause: it proves so in the child, is loaded, and its marker is gone.
        await Exchange(suspect, good);
        await using var again = await SiloProcessUnderTest.Start(folder);
        using var later = await again.Ready(folder, Cancellation);
        await Predict(later, suspect, "0");
        Assert.Empty(Directory.EnumerateFiles(markers));
    }

    // Two deployments in staging: one whose file the tests exchange, and one that is to be served whatever happens to the first.
    private async Task<(Suspect Suspect, string Other, string Row)> Registered()
    {
        await using var silo = await SiloProcessUnderTest.Start(folder);
        using var client = await silo.Ready(folder, Cancellation);
        var project = await ModelFixture.Project(client, "killing");
        var fixture = new ModelFixture("flights_linear");
        var (_, other) = await fixture.Serve(client, project, fixture.Metadata.ToJsonString());
        using var form = new MultipartFormDataContent
        {
            { new StringContent(project), "project_id" },
            { new StringContent("shallow"), "name" },
            { new StringContent("GBM"), "algo" },
            { new ByteArrayContent(HostileGraphs.DeepTree(3)), "file", "model.onnx" },
        };
        using var response = await client.PostAsync("/api/models", form, Cancellation);
        var answer = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.StatusCode == HttpStatusCode.Created, answer);
        var model = JsonSerializer.Deserialize<JsonElement>(answer).Text("id");
        var created = await client.Post(
            $"/api/mlops/projects/{project}/deployments", $$"""{"model_id": "{{model}}", "name": "suspect", "stage": "staging"}""", HttpStatusCode.Created);
        var suspect = new Suspect(model, created.Text("deployment_id"));
        await Predict(client, suspect, "0");
        await Stop(silo);
        return (suspect, other, fixture.Expected.GetProperty("inputs")[0].GetRawText());
    }

    // The bytes of the model's file, in the catalogue and so, the cache being empty, on the disk; answers those that were there.
    private async Task<byte[]> Exchange(Suspect suspect, byte[] bytes)
    {
        await using var catalogue = await (await ChosenDatabase.Of(folder)).Open(Path.Combine(folder, "data"));
        await using var find = catalogue.CreateCommand();
        find.CommandText = "select c.file_id, c.bytes from file_chunks c join model_parts p on p.file_id = c.file_id where cast(p.model_id as text) = @model";
        Bind(find, "model", suspect.Model);
        long file;
        byte[] before;
        await using (var found = await find.ExecuteReaderAsync(Cancellation))
        {
            Assert.True(await found.ReadAsync(Cancellation));
            (file, before) = (found.GetInt64(0), found.GetFieldValue<byte[]>(1));
        }

        await using var exchange = catalogue.CreateCommand();
        exchange.CommandText = """
            update file_chunks set bytes = @bytes where file_id = @file;
            update files set sha256 = @sha256, size = length(@bytes) where id = @file;
            """;
        Bind(exchange, "file", file);
        Bind(exchange, "bytes", bytes);
        Bind(exchange, "sha256", Convert.ToHexStringLower(SHA256.HashData(bytes)));
        await exchange.ExecuteNonQueryAsync(Cancellation);
        Directory.Delete(Path.Combine(folder, "data", "models"), recursive: true);
        return before;
    }

    private static void Bind(DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = (name, value);
        command.Parameters.Add(parameter);
    }

    private static Task<JsonElement> Predict(HttpClient client, Suspect suspect, string value) => Predict(client, suspect.Deployment, $$"""{"X": {{value}}}""");

    private static Task<JsonElement> Predict(HttpClient client, string deployment, string row) =>
        client.Post($"/api/mlops/deployments/{deployment}/predict", $$"""{"inputs": {{row}}}""");

    private static async Task AssertFails(HttpClient client, Suspect suspect)
    {
        var problem = await client.Expect(HttpStatusCode.FailedDependency, HttpMethod.Post, $"/api/mlops/deployments/{suspect.Deployment}/predict", """{"inputs": {"X": 0}}""");
        Assert.Equal("model_error", problem.Text("code"));
        Assert.Contains("not loaded again", problem.Text("detail"), StringComparison.Ordinal);
    }

    // The failure is written by the deployment's grain after the answer.
    private static async Task AssertShownAsFailed(HttpClient client, Suspect suspect)
    {
        JsonElement shown;
        do
        {
            await Pace.Next();
            shown = await client.Get($"/api/mlops/deployments/{suspect.Deployment}");
        }
        while (shown.GetProperty("deployment").Text("status") != "failed");

        Assert.Contains("not loaded again", shown.GetProperty("deployment").Text("error"), StringComparison.Ordinal);
    }

    private static async Task Stop(SiloProcessUnderTest silo)
    {
        await silo.Terminate();
        Assert.Equal(0, (await silo.Ended(Cancellation)).Exit);
    }

    private sealed record Suspect(string Model, string Deployment);
}
