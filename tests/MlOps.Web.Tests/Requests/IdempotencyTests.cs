using System.Net;
using System.Text.Json;
using Xunit;

namespace MlOps.Tests.Requests;

/// <summary>Repeats under an Idempotency-Key, against a real silo.</summary>
public sealed class IdempotencyTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Repeat_GetsTheFirstAnswer_AndAnotherRequestIsRefused()
    {
        var key = Guid.CreateVersion7().ToString();
        var (status, first) = await Send("/api/projects", """{"name": "once"}""", key);
        var (_, second) = await Send("/api/projects", """{"name": "once"}""", key);
        var (other, problem) = await Send("/api/projects", """{"name": "twice"}""", key);

        Assert.Equal(HttpStatusCode.Created, status);
        Assert.Equal(first.GetRawText(), second.GetRawText());
        Assert.Equal(HttpStatusCode.Conflict, other);
        Assert.Equal("idempotency_key_reused", problem.Text("code"));
        Assert.Equal(1, (await silo.Client.Get("/api/projects?search=once")).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task SimultaneousRepeats_MakeOneProject()
    {
        var key = Guid.CreateVersion7().ToString();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Send("/api/projects", """{"name": "together"}""", key)));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Created, answer.Status));
        Assert.Single(answers.Select(answer => answer.Body.GetRawText()).Distinct());
        Assert.Equal(1, (await silo.Client.Get("/api/projects?search=together")).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task Refusal_IsNotKept()
    {
        var key = Guid.CreateVersion7().ToString();
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Send("/api/projects", "{}", key)).Status);
        Assert.Equal(HttpStatusCode.Created, (await Send("/api/projects", """{"name": "after a refusal"}""", key)).Status);
    }

    [Fact]
    public async Task SameKeyOnAnotherPath_IsAnotherCall()
    {
        var key = Guid.CreateVersion7().ToString();
        Assert.Equal(HttpStatusCode.Created, (await Send("/api/projects", """{"name": "path"}""", key)).Status);
        Assert.Equal(HttpStatusCode.Created, (await Send("/api/auth/api-keys", """{"name": "path", "scopes": ["read"]}""", key)).Status);
    }

    [Fact]
    public async Task RepeatedKeyCreation_AnswersWithoutTheSecret()
    {
        var key = Guid.CreateVersion7().ToString();
        var body = """{"name": "secret", "scopes": ["read"]}""";
        var (_, first) = await Send("/api/auth/api-keys", body, key);
        var (status, second) = await Send("/api/auth/api-keys", body, key);

        Assert.Equal(HttpStatusCode.Created, status);
        Assert.Equal(first.Text("id"), second.Text("id"));
        Assert.False(second.TryGetProperty("key", out _));
        Assert.DoesNotContain(first.Text("key"), second.GetRawText(), StringComparison.Ordinal);
        Assert.Single(second.GetProperty("warnings").EnumerateArray());
    }

    [Fact]
    public async Task RepeatedRegistration_IsComparedByItsParts()
    {
        var project = await ModelFixture.Project(silo.Client, "parts");
        var fixture = new ModelFixture("flights_linear");
        var key = Guid.CreateVersion7().ToString();
        var (status, first) = await Register(fixture, project, fixture.Metadata.ToJsonString(), key);
        var (again, second) = await Register(fixture, project, fixture.Metadata.ToJsonString(), key);
        var (other, _) = await Register(fixture, project, null, key);

        Assert.Equal(HttpStatusCode.Created, status);
        Assert.Equal(HttpStatusCode.Created, again);
        Assert.Equal(first.GetRawText(), second.GetRawText());
        Assert.Equal(HttpStatusCode.Conflict, other);
        Assert.Equal(1, (await silo.Client.Get($"/api/models?project_id={project}")).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task Repeat_WhenWhatItWasAboutIsGone_StillGetsTheFirstAnswer()
    {
        var project = await ModelFixture.Project(silo.Client, "gone");
        var fixture = new ModelFixture("flights_linear");
        var (model, other) = await fixture.Serve(silo.Client, project, fixture.Metadata.ToJsonString());
        var body = $$"""{"model_id": "{{model}}", "name": "gone", "stage": "production"}""";
        var key = Guid.CreateVersion7().ToString();
        var created = await Send($"/api/mlops/projects/{project}/deployments", body, key);
        var deactivate = $"/api/mlops/deployments/{created.Body.Text("id")}/deactivate";
        var rollback = $"/api/mlops/deployments/{other}/rollback";
        var rolledBack = await Send(rollback, $$"""{"to_model_id": "{{model}}"}""", key);
        var deactivated = await Send(deactivate, "{}", key);
        await silo.Client.Post($"/api/mlops/deployments/{other}/deactivate");
        await silo.Client.Expect(HttpStatusCode.OK, HttpMethod.Delete, $"/api/mlops/deployments/{other}");
        await silo.Client.Expect(HttpStatusCode.OK, HttpMethod.Delete, $"/api/mlops/deployments/{created.Body.Text("id")}");
        await silo.Client.Expect(HttpStatusCode.OK, HttpMethod.Delete, $"/api/models/{model}");

        Assert.Equal(Text(created), Text(await Send($"/api/mlops/projects/{project}/deployments", body, key)));
        Assert.Equal(Text(rolledBack), Text(await Send(rollback, $$"""{"to_model_id": "{{model}}"}""", key)));
        Assert.Equal(Text(deactivated), Text(await Send(deactivate, "{}", key)));
        Assert.Equal(HttpStatusCode.Conflict, (await Send(deactivate, "", key)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Send(deactivate, "{}", key + "2")).Status);

        static (HttpStatusCode, string) Text((HttpStatusCode Status, JsonElement Body) answer) => (answer.Status, answer.Body.GetRawText());
    }

    [Theory]
    [InlineData("")]
    [InlineData("é")]
    [InlineData("two\tparts")]
    public async Task Key_ThatIsNotPrintable_IsRefused(string key)
    {
        var (status, problem) = await Send("/api/projects", """{"name": "x"}""", key);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Equal("Idempotency-Key", problem.GetProperty("errors")[0].Text("pointer"));
    }

    [Fact]
    public async Task Key_OfMoreThan255Characters_IsRefused() =>
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Send("/api/projects", """{"name": "x"}""", new string('k', 256))).Status);

    private async Task<(HttpStatusCode Status, JsonElement Body)> Send(string path, string body, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = Json.Body(body) };
        return await Send(request, key);
    }

    private async Task<(HttpStatusCode Status, JsonElement Body)> Register(ModelFixture fixture, string project, string? metadata, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/models") { Content = fixture.Form(project, metadata) };
        return await Send(request, key);
    }

    private async Task<(HttpStatusCode Status, JsonElement Body)> Send(HttpRequestMessage request, string key)
    {
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        using var handler = new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => System.Text.Encoding.UTF8 };
        using var client = new HttpClient(handler) { BaseAddress = silo.Address };
        client.DefaultRequestHeaders.Authorization = silo.Client.DefaultRequestHeaders.Authorization;
        using var response = await client.SendAsync(request, Cancellation);
        return (response.StatusCode, JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(Cancellation)));
    }
}
