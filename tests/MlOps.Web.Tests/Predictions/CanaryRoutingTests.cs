using System.Collections.Concurrent;
using System.Net;
using Xunit;

namespace MlOps.Tests.Predictions;

/// <summary>The project's address with canaries, over HTTP.</summary>
public sealed class CanaryRoutingTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    private static readonly int Requests = Environment.GetEnvironmentVariable("MLOPS_LONG") == "1" ? 100_000 : 5_000;

    private readonly ModelFixture fixture = new("flights_linear");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Requests_GiveEachItsShare(bool keys)
    {
        var (project, production, model, row) = await Serve("shares");
        var percents = new Dictionary<string, int> { [production] = 65, [await Canary(project, model, 30)] = 30, [await Canary(project, model, 5)] = 5 };

        // Three standard errors leave a right split outside once in some hundred runs; twice in a row nearly never.
        Assert.True(await Within("user") || await Within("customer"), "shares are outside three standard errors, twice");

        async Task<bool> Within(string key)
        {
            var counts = new ConcurrentDictionary<string, int>();
            await Parallel.ForEachAsync(Enumerable.Range(0, Requests), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Cancellation }, async (request, _) =>
            {
                var (deployment, reason) = await Predict(project, row, keys ? $"{key}-{request}" : null);
                Assert.Equal(deployment == production ? "production" : "canary", reason);
                counts.AddOrUpdate(deployment, 1, (_, count) => count + 1);
            });
            return percents.All(share =>
            {
                var expected = share.Value / 100.0;
                return Math.Abs((double)counts[share.Key] / Requests - expected) <= 3 * Math.Sqrt(expected * (1 - expected) / Requests);
            });
        }
    }

    [Fact]
    public async Task Key_IsAnsweredByTheSameDeployment()
    {
        var (project, production, model, row) = await Serve("sticky");
        var canary = await Canary(project, model, 50);
        var answering = new Dictionary<string, string>();

        for (var request = 0; request < 300; request++)
        {
            var key = $"customer {request % 60}";
            var (deployment, _) = await Predict(project, row, key);
            Assert.Equal(answering.TryAdd(key, deployment) ? deployment : answering[key], deployment);
        }

        Assert.Equal(new HashSet<string> { production, canary }, answering.Values.ToHashSet());
    }

    [Fact]
    public async Task EmptyKey_IsNone()
    {
        var (project, production, model, row) = await Serve("empty-key");
        var canary = await Canary(project, model, 50);
        var answering = new HashSet<string>();

        // A key's answer would be the same each time: that one of two at even chances never comes is one in 2^199.
        for (var request = 0; request < 200; request++)
        {
            answering.Add((await Predict(project, row, "")).Deployment);
        }

        Assert.Equal(new HashSet<string> { production, canary }, answering);
    }

    [Fact]
    public async Task KeyOverTheLimit_IsRefused()
    {
        var (project, _, _, row) = await Serve("long-key");
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/mlops/projects/{project}/predict") { Content = Json.Body($$"""{"inputs": {{row}}}""") };
        request.Headers.TryAddWithoutValidation("X-Routing-Key", new string('k', 256));

        var problem = await silo.Client.Expect(HttpStatusCode.UnprocessableEntity, request);

        Assert.Contains("X-Routing-Key", problem.Text("detail"), StringComparison.Ordinal);
        Assert.Equal("production", (await Predict(project, row, new string('k', 255))).Reason);
    }

    [Fact]
    public async Task Refusal_SaysWhoRefused()
    {
        var (project, production, model, _) = await Serve("refusals");
        var canary = await Canary(project, model, 50);
        var reasons = new Dictionary<string, string> { [production] = "production", [canary] = "canary" };
        var refusing = new HashSet<string>();

        for (var user = 0; user < 60; user++)
        {
            using var refused = await Send($"/api/mlops/projects/{project}/predict", """{"inputs": {"nothing": 1}}""", $"user-{user}");
            Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
            var (deployment, reason) = Route(refused);
            Assert.Equal(reasons[deployment], reason);
            Assert.Equal(model, Assert.Single(refused.Headers.GetValues("X-Model-Id")));
            refusing.Add(deployment);
        }

        Assert.Equal(reasons.Keys.ToHashSet(), refusing);
        using var direct = await Send($"/api/mlops/deployments/{canary}/predict", """{"inputs": {"nothing": 1}}""", null);
        Assert.Equal((canary, "direct"), Route(direct));
    }

    private async Task<(string Project, string Production, string Model, string Row)> Serve(string name)
    {
        var project = await ModelFixture.Project(silo.Client, name);
        var (model, deployment) = await fixture.Serve(silo.Client, project, fixture.Metadata.ToJsonString());
        await silo.Client.Post($"/api/mlops/deployments/{deployment}/promote", """{"to_stage": "production"}""");
        return (project, deployment, model, fixture.Expected.GetProperty("inputs")[0].GetRawText());
    }

    private async Task<string> Canary(string project, string model, int percent) => (await silo.Client.Post(
        $"/api/mlops/projects/{project}/deployments",
        $$"""{"model_id": "{{model}}", "name": "canary", "canary": true, "traffic_percent": {{percent}}}""",
        HttpStatusCode.Created)).Text("id");

    private async Task<(string Deployment, string Reason)> Predict(string project, string row, string? key)
    {
        using var response = await Send($"/api/mlops/projects/{project}/predict", $$"""{"inputs": {{row}}}""", key);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return Route(response);
    }

    private async Task<HttpResponseMessage> Send(string path, string body, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = Json.Body(body) };
        if (key is not null)
        {
            request.Headers.TryAddWithoutValidation("X-Routing-Key", key);
        }

        return await silo.Client.SendAsync(request, Cancellation);
    }

    private static (string Deployment, string Reason) Route(HttpResponseMessage response) =>
        (Assert.Single(response.Headers.GetValues("X-Deployment-Id")), Assert.Single(response.Headers.GetValues("X-Route-Reason")));
}
