using System.Net;
using System.Text.Json;
using Xunit;

namespace MlOps.Tests.Drift;

public sealed class DriftTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    private readonly ModelFixture fixture = new("flights_linear");

    [Fact]
    public async Task DeploymentWithoutRows_HasNotEnough()
    {
        var (_, deployment) = await Serve("drift-empty", baseline: true);
        var drift = await silo.Client.Get(Path(deployment));

        Approved.Same("empty", Scrub.Of(drift));
    }

    [Fact]
    public async Task ModelWithoutBaseline_HasNone()
    {
        var (_, deployment) = await Serve("drift-none", baseline: false);
        var drift = await silo.Client.Get(Path(deployment));

        Assert.Equal("no_baseline", drift.Text("overall_status"));
        Assert.Empty(drift.GetProperty("features").EnumerateObject());
        Assert.Equal(JsonValueKind.Null, drift.GetProperty("last_run").ValueKind);
    }

    [Fact]
    public async Task Run_RepeatedUnderItsKey_IsOneJob_AndItsOwnDeploymentsAlone()
    {
        var (_, deployment) = await Serve("drift-repeat", baseline: true);
        var (_, other) = await Serve("drift-other", baseline: true);
        var (first, second) = (await Run(deployment), await Run(deployment));

        Assert.Equal(first, second);
        await silo.Client.Expect(HttpStatusCode.NotFound, HttpMethod.Get, $"{Path(other)}?job_id={first}");
        await silo.Client.Expect(HttpStatusCode.NotFound, HttpMethod.Get, $"{Path(deployment)}?job_id={Guid.NewGuid()}");

        async Task<string> Run(string id)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, Path(id) + "/run") { Headers = { { "Idempotency-Key", "again" } } };
            return (await silo.Client.Expect(HttpStatusCode.OK, request)).Text("job_id");
        }
    }

    [Theory]
    [InlineData("window_hours=0", "?window_hours")]
    [InlineData("window_hours=721", "?window_hours")]
    [InlineData("job_id=nonsense", "?job_id")]
    [InlineData("window=5", "?window")]
    public async Task WrongQuery_IsRefused(string query, string pointer)
    {
        var (_, deployment) = await Serve("drift-query", baseline: true);
        var problem = await silo.Client.Expect(HttpStatusCode.UnprocessableEntity, HttpMethod.Get, $"{Path(deployment)}?{query}");

        Assert.Equal(pointer, Assert.Single(problem.GetProperty("errors").EnumerateArray()).Text("pointer"));
    }

    [Theory]
    [InlineData("""{"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}""", "/until")]
    [InlineData("""{"since": "9000-01-02T00:00:00Z"}""", "/since")]
    [InlineData("""{"since": 5}""", "/since")]
    [InlineData("""{"from": "2026-01-02T00:00:00Z"}""", "/from")]
    public async Task WrongRun_IsRefused(string body, string pointer)
    {
        var (_, deployment) = await Serve("drift-run", baseline: true);
        var problem = await silo.Client.Post(Path(deployment) + "/run", body, HttpStatusCode.UnprocessableEntity);

        Assert.Equal(pointer, Assert.Single(problem.GetProperty("errors").EnumerateArray()).Text("pointer"));
    }

    private static string Path(string deployment) => $"/api/mlops/deployments/{deployment}/drift";

    private async Task<(string Project, string Deployment)> Serve(string name, bool baseline)
    {
        var project = await ModelFixture.Project(silo.Client, name);
        return (project, (await fixture.Serve(silo.Client, project, fixture.Metadata.ToJsonString(), baseline)).Deployment);
    }
}
