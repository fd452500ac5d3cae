using System.Net;
using System.Text;
using System.Text.Json;
using Xunit;

namespace MlOps.Tests.Predictions;

public sealed class PredictTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    private readonly ModelFixture fixture = new("credit_logreg_pipeline");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Answer_IsAsApproved_AndSaysWhoAnswered()
    {
        var (project, model, deployment, row) = await Serve("predict-shape");
        using var response = await Post($"/api/mlops/deployments/{deployment}/predict", Json.Body($$$"""{"inputs": [{{{row}}}], "options": {"ids": ["mine"]}}"""));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.ToString());
        Assert.Equal(deployment, Assert.Single(response.Headers.GetValues("X-Deployment-Id")));
        Assert.Equal(model, Assert.Single(response.Headers.GetValues("X-Model-Id")));
        Assert.Equal("direct", Assert.Single(response.Headers.GetValues("X-Route-Reason")));
        Approved.Same("answer", Scrub.Of(JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(Cancellation))));

        await silo.Client.Post($"/api/mlops/projects/{project}/predict", $$"""{"inputs": {{row}}}""", HttpStatusCode.Conflict);
        await silo.Client.Post($"/api/mlops/deployments/{deployment}/promote", """{"to_stage": "production"}""");
        using var routed = await Post($"/api/mlops/projects/{project}/predict", Json.Body($$"""{"inputs": {{row}}}"""));
        Assert.Equal("production", Assert.Single(routed.Headers.GetValues("X-Route-Reason")));
        Assert.Equal(deployment, Assert.Single(routed.Headers.GetValues("X-Deployment-Id")));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3_000)]
    public async Task ChunkedBody_IsReadLikeAnyOther(int rows)
    {
        var (_, _, deployment, row) = await Serve("chunked");
        var body = Encoding.UTF8.GetBytes($$"""{"inputs": [{{string.Join(',', Enumerable.Repeat(row, rows))}}]}""");
        using var told = await Post($"/api/mlops/deployments/{deployment}/predict", new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } });
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/mlops/deployments/{deployment}/predict") { Content = new StreamContent(new MemoryStream(body)) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.TransferEncodingChunked = true;
        using var chunked = await silo.Client.SendAsync(request, Cancellation);

        Assert.Equal(await Predictions(told), await Predictions(chunked));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task BodyOverTheLimit_IsTooLarge(bool told)
    {
        var (_, _, deployment, _) = await Serve("large");
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/mlops/deployments/{deployment}/predict") { Content = new ByteArrayContent(new byte[(32 << 20) + 1]) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.TransferEncodingChunked = !told;

        var problem = await silo.Client.Expect(HttpStatusCode.RequestEntityTooLarge, request);

        Assert.Equal("body_too_large", problem.Text("code"));
        await silo.Client.Get("/api/projects");
    }

    [Theory]
    [InlineData("", 400)]
    [InlineData("{", 400)]
    [InlineData("{}", 422)]
    [InlineData("""{"inputs": []}""", 422)]
    [InlineData("""{"inputs": {}, "option": {}}""", 422)]
    [InlineData("""{"inputs": {"nothing": 1}}""", 422)]
    [InlineData("""{"inputs": {}, "options": {"include_contributions": true}}""", 422)]
    public async Task WrongBody_IsRefusedAndTheServerGoesOn(string body, int status)
    {
        var (_, _, deployment, row) = await Serve("wrong-rows");
        using var response = await Post($"/api/mlops/deployments/{deployment}/predict", Json.Body(body));

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        await silo.Client.Post($"/api/mlops/deployments/{deployment}/predict", $$"""{"inputs": {{row}}}""");
    }

    [Fact]
    public async Task QueryParameter_IsRefused()
    {
        var (_, _, deployment, row) = await Serve("query");
        var problem = await silo.Client.Post($"/api/mlops/deployments/{deployment}/predict?dry_run=true", $$"""{"inputs": {{row}}}""", HttpStatusCode.UnprocessableEntity);

        Assert.Equal("?dry_run", problem.GetProperty("errors")[0].Text("pointer"));
    }

    [Fact]
    public async Task BoundKey_CannotTellAnotherProjectsDeploymentFromNone()
    {
        var (_, _, active, row) = await Serve("theirs");
        var (_, _, archived, _) = await Serve("theirs-archived");
        await silo.Client.Post($"/api/mlops/deployments/{archived}/deactivate");
        var mine = await ModelFixture.Project(silo.Client, "mine");
        var key = await silo.Client.Post("/api/auth/api-keys", $$"""{"name": "b", "scopes": ["predict"], "project_id": "{{mine}}"}""", HttpStatusCode.Created);
        using var bound = silo.ClientWith(key.Text("key"));

        var answers = new List<string>();
        foreach (var id in new[] { active, archived, Guid.Empty.ToString() })
        {
            answers.Add((await bound.Post($"/api/mlops/deployments/{id}/predict", $$"""{"inputs": {{row}}}""", HttpStatusCode.NotFound)).Text("code"));
        }

        Assert.Equal(["not_found"], answers.Distinct());
        await silo.Client.Post($"/api/mlops/deployments/{archived}/predict", $$"""{"inputs": {{row}}}""", HttpStatusCode.Conflict);
    }

    private async Task<(string Project, string Model, string Deployment, string Row)> Serve(string name)
    {
        var project = await ModelFixture.Project(silo.Client, name);
        var (model, deployment) = await fixture.Serve(silo.Client, project, fixture.Metadata.ToJsonString());
        return (project, model, deployment, fixture.Expected.GetProperty("inputs")[0].GetRawText());
    }

    private Task<HttpResponseMessage> Post(string path, HttpContent content) => silo.Client.PostAsync(path, content, Cancellation);

    private static async Task<IEnumerable<string>> Predictions(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonSerializer.Deserialize<JsonElement>(text).GetProperty("predictions").EnumerateArray().Select(one => one.GetProperty("probability").GetRawText()).ToList();
    }
}
