using System.Net;
using MlOps.Tests.Postgres;
using Xunit;

namespace MlOps.Tests.Running;

/// <summary>What a silo does while its PostgreSQL is away: what is loaded goes on predicting, changes are refused, a start waits.</summary>
[Trait("Database", "Postgres")]
public sealed class DatabaseAwayTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("mlops-away-").FullName;
    private string? database;
    private CuttableProxy proxy = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private (string Name, string Value)[] Environment =>
        [("MLOPS__Storage__Postgres", proxy.ConnectionString), ("MLOPS__Cluster__SiloPort", "21111"), ("MLOPS__Cluster__GatewayPort", "0"), ("MLOPS__Http__DrainSeconds", "0")];

    public async ValueTask InitializeAsync()
    {
        database = await PostgresServer.CreateMigrated();
        proxy = new CuttableProxy(database);
    }

    public async ValueTask DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        if (database is not null)
        {
            proxy.Dispose();
            await PostgresServer.Drop(database);
        }
    }

    [Fact]
    public async Task Away_PredictionsGoOnAndChangesAre503UntilItIsBack()
    {
        await using var silo = await SiloProcessUnderTest.Start(folder, Environment);
        using var client = await silo.Ready(folder, Cancellation);
        var fixture = new ModelFixture("flights_linear");
        var project = await ModelFixture.Project(client, "away");
        var (model, deployment) = await fixture.Serve(client, project, fixture.Metadata.ToJsonString());
        await client.Post($"/api/mlops/deployments/{deployment}/promote", """{"to_stage": "production"}""");
        var body = $$"""{"inputs": {{fixture.Expected.GetProperty("inputs")[0].GetRawText()}}}""";
        await client.Post($"/api/mlops/projects/{project}/predict", body);

        proxy.Cut();

        await client.Post($"/api/mlops/projects/{project}/predict", body);
        await client.Post($"/api/mlops/deployments/{deployment}/predict", body);
        foreach (var (method, path, sent) in new[]
        {
            (HttpMethod.Get, "/api/projects", null),
            (HttpMethod.Get, $"/api/models/{model}", null),
            (HttpMethod.Post, "/api/projects", """{"name": "another"}"""),
            (HttpMethod.Post, $"/api/mlops/deployments/{deployment}/deactivate", null),
            (HttpMethod.Post, $"/api/mlops/deployments/{deployment}/promote", """{"to_stage": "production"}"""),
            (HttpMethod.Delete, $"/api/models/{model}", null),
            (HttpMethod.Post, "/api/auth/api-keys", """{"name": "k", "scopes": ["read"]}"""),
        })
        {
            using var request = new HttpRequestMessage(method, path) { Content = sent is null ? null : Json.Body(sent) };
            using var answer = await client.SendAsync(request, Cancellation);
            var text = await answer.Content.ReadAsStringAsync(Cancellation);
            Assert.True(answer.StatusCode == HttpStatusCode.ServiceUnavailable, $"{method} {path}: {(int)answer.StatusCode} {text}");
            Assert.Contains("The database does not answer", text, StringComparison.Ordinal);
            Assert.NotNull(answer.Headers.RetryAfter);
        }

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health/live", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health/ready", Cancellation)).StatusCode);

        proxy.Restore();

        await client.Post($"/api/mlops/deployments/{deployment}/deactivate");
        Assert.Equal(1, (await client.Get("/api/projects")).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task Start_WhileAway_WaitsAndServesWhenItIsBack()
    {
        proxy.Cut();
        await using var silo = await SiloProcessUnderTest.Start(folder, Environment);
        await Asked(2);

        proxy.Restore();

        using var client = await silo.Ready(folder, Cancellation);
        Assert.Equal(0, (await client.Get("/api/projects")).GetProperty("total").GetInt32());
        await silo.Terminate();
        var (exit, _, output) = await silo.Ended(Cancellation);
        Assert.Equal(0, exit);
        Assert.Equal(2, output.Split("Waiting for the database").Length);
    }

    [Fact]
    public async Task Terminated_WhileItWaits_EndsAsAsked()
    {
        proxy.Cut();
        await using var silo = await SiloProcessUnderTest.Start(folder, Environment);
        await Asked(1);

        await silo.Terminate();

        var (exit, errors, _) = await silo.Ended(Cancellation);
        Assert.Equal((0, ""), (exit, errors));
    }

    private async Task Asked(int times)
    {
        while (proxy.Refused < times)
        {
            await Pace.Next();
        }
    }
}
