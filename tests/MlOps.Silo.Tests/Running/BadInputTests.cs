using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Xunit;

namespace MlOps.Tests.Running;

/// <summary>A sweep of bad input over every endpoint: only 4xx, each with a detail that tells what to do, and the server lives.</summary>
public sealed class BadInputTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    [Fact]
    public async Task EveryEndpoint_RefusesBadInputClearly()
    {
        var project = await ModelFixture.Project(silo.Client, "sweep");
        var fixture = new ModelFixture("credit_logreg_pipeline");
        var (model, deployment) = await fixture.Serve(silo.Client, project, fixture.Metadata.ToJsonString());
        var posts = new (HttpMethod Method, string Path, bool BodyOptional)[]
        {
            (HttpMethod.Post, "/api/auth/api-keys", false),
            (HttpMethod.Post, "/api/projects", false),
            (HttpMethod.Put, $"/api/projects/{project}", false),
            (HttpMethod.Post, "/api/models", false),
            (HttpMethod.Post, $"/api/mlops/projects/{project}/deployments", false),
            (HttpMethod.Patch, $"/api/mlops/deployments/{deployment}", false),
            (HttpMethod.Post, $"/api/mlops/deployments/{deployment}/predict", false),
            (HttpMethod.Post, $"/api/mlops/projects/{project}/predict", false),
            (HttpMethod.Post, $"/api/mlops/deployments/{deployment}/promote", false),
            (HttpMethod.Post, $"/api/mlops/deployments/{deployment}/rollback", false),
        };
        foreach (var (method, path, _) in posts)
        {
            foreach (var (what, body) in BadBodies())
            {
                await AssertRefused(method, path, new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } }, what);
            }

            await AssertRefused(method, path, new StringContent("a=b", Encoding.UTF8, "text/plain"), "text/plain");
            await AssertRefused(method, path, new ByteArrayContent(new byte[40 << 20]) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } }, "40 MiB");
        }

        foreach (var path in new[] { $"/api/projects/{project}", $"/api/models/{model}", $"/api/mlops/deployments/{deployment}", $"/api/mlops/projects/{project}/deployments" })
        {
            Assert.Equal(HttpStatusCode.OK, (await silo.Client.GetAsync(path, TestContext.Current.CancellationToken)).StatusCode);
        }
    }

    [Theory]
    [InlineData("/api/projects", "limit", "0", "-1", "501", "x", "1e3", "99999999999999999999", "NaN", "")]
    [InlineData("/api/projects", "offset", "-1", "x", "99999999999999999999", "1.5")]
    [InlineData("/api/projects", "sort_field", "nonsense", "")]
    [InlineData("/api/projects", "sort_direction", "sideways")]
    [InlineData("/api/projects", "serch", "typo")]
    [InlineData("/api/models", "is_production", "maybe")]
    [InlineData("/api/models", "project_id", "not-a-uuid")]
    [InlineData("/api/models", "sort_dir", "x")]
    [InlineData("/api/auth/api-keys", "limit", "501")]
    public async Task QueryParameters_AreRefusedClearly(string path, string name, params string[] values)
    {
        foreach (var value in values)
        {
            var problem = await silo.Client.Expect(HttpStatusCode.UnprocessableEntity, HttpMethod.Get, $"{path}?{name}={Uri.EscapeDataString(value)}");
            Assert.Contains(name, problem.Details(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("GET", "/api/projects/{0}")]
    [InlineData("PUT", "/api/projects/{0}")]
    [InlineData("DELETE", "/api/projects/{0}")]
    [InlineData("GET", "/api/projects/{0}/timeline")]
    [InlineData("GET", "/api/models/{0}")]
    [InlineData("DELETE", "/api/models/{0}")]
    [InlineData("GET", "/api/mlops/projects/{0}/deployments")]
    [InlineData("POST", "/api/mlops/projects/{0}/deployments")]
    [InlineData("POST", "/api/mlops/projects/{0}/predict")]
    [InlineData("GET", "/api/mlops/deployments/{0}")]
    [InlineData("PATCH", "/api/mlops/deployments/{0}")]
    [InlineData("DELETE", "/api/mlops/deployments/{0}")]
    [InlineData("GET", "/api/mlops/deployments/{0}/schema")]
    [InlineData("POST", "/api/mlops/deployments/{0}/predict")]
    [InlineData("POST", "/api/mlops/deployments/{0}/promote")]
    [InlineData("POST", "/api/mlops/deployments/{0}/rollback")]
    [InlineData("POST", "/api/mlops/deployments/{0}/deactivate")]
    [InlineData("DELETE", "/api/auth/api-keys/{0}")]
    public async Task Ids_ThatNameNothing_Are404(string method, string path)
    {
        foreach (var id in new[] { "not-a-uuid", Guid.Empty.ToString(), "%00", "..%2f..", new string('a', 2000), "D4E5F6A7-B8C9-0123-DEF4-567890123456" })
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), string.Format(System.Globalization.CultureInfo.InvariantCulture, path, id))
            {
                Content = method is "GET" or "DELETE" ? null : Json.Body("""{"name": "x", "to_stage": "production", "inputs": {}, "to_model_id": "d4e5f6a7-b8c9-0123-def4-567890123456", "model_id": "d4e5f6a7-b8c9-0123-def4-567890123456", "stage": "staging"}"""),
            };
            using var response = await silo.Client.SendAsync(request, TestContext.Current.CancellationToken);
            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.True((int)response.StatusCode is 404 or 422 or 400, $"{method} {path} {id}: {(int)response.StatusCode} {text}");
            Assert.True(response.StatusCode == HttpStatusCode.NotFound || id is "%00" || method is not ("GET" or "DELETE"), $"{method} {path} {id}: {(int)response.StatusCode} {text}");
        }
    }

    [Fact]
    public async Task AnotherProjectsIds_AreAsIfTheyDidNotExist()
    {
        var mine = await ModelFixture.Project(silo.Client, "mine");
        var theirs = await ModelFixture.Project(silo.Client, "theirs");
        var fixture = new ModelFixture("flights_linear");
        var (model, deployment) = await fixture.Serve(silo.Client, theirs, fixture.Metadata.ToJsonString());
        var key = await silo.Client.Post(
            "/api/auth/api-keys", $$"""{"name": "bound", "scopes": ["read", "write", "predict"], "project_id": "{{mine}}"}""", HttpStatusCode.Created);
        using var bound = silo.ClientWith(key.Text("key"));

        foreach (var path in new[] { $"/api/projects/{theirs}", $"/api/models/{model}", $"/api/mlops/deployments/{deployment}", $"/api/mlops/projects/{theirs}/deployments", $"/api/projects/{theirs}/timeline" })
        {
            await bound.Expect(HttpStatusCode.NotFound, HttpMethod.Get, path);
        }

        var row = fixture.Expected.GetProperty("inputs")[0].GetRawText();
        await bound.Post($"/api/mlops/deployments/{deployment}/predict", $$"""{"inputs": {{row}}}""", HttpStatusCode.NotFound);
        await bound.Post($"/api/mlops/deployments/{deployment}/promote", """{"to_stage": "production"}""", HttpStatusCode.NotFound);
        await bound.Post("/api/projects", """{"name": "another"}""", HttpStatusCode.Forbidden);
        Assert.Equal(1, (await bound.Get("/api/projects")).GetProperty("total").GetInt32());
        Assert.Equal(0, (await bound.Get("/api/models")).GetProperty("total").GetInt32());
        var body = await bound.Post(
            $"/api/mlops/projects/{mine}/deployments", $$"""{"model_id": "{{model}}", "name": "n", "stage": "staging"}""", HttpStatusCode.UnprocessableEntity);
        Assert.Equal("/model_id", body.GetProperty("errors")[0].Text("pointer"));
    }

    private static IEnumerable<(string What, byte[] Body)> BadBodies()
    {
        foreach (var text in new[]
        {
            "", "{", "nonsense", "null", "[]", "[1]", "\"text\"", "12", "{}", "{\"name\": }", "{\"a\":1,\"a\":2}", "{\"name\": NaN}", "{\"name\": 1e999}",
            "{\"name\": 5}", "{\"name\": \"\"}", "{\"name\": null}", "{\"nmae\": \"typo\"}", "{\"inputs\": 5}", "{\"inputs\": []}", "{\"inputs\": [[]]}",
            "{\"inputs\": {\"Seniority\": \"x\"}}", "{\"inputs\": {\"Seniority\": {\"deep\": 1}}}", "{\"inputs\": {}, \"options\": 5}", "{\"inputs\": {}, \"options\": {\"nope\": 1}}",
            "{\"to_stage\": \"moon\"}", "{\"to_stage\": 5}", "{\"to_model_id\": 5}", "{\"to_model_id\": \"x\"}", "{\"to_deployment_id\": \"00000000-0000-0000-0000-000000000000\"}",
            "{\"model_id\": \"x\", \"name\": \"n\", \"stage\": \"moon\"}", "{\"traffic_percent\": 101}", "{\"traffic_percent\": 1.5}", "{\"traffic_percent\": \"10\"}", "{\"canary\": \"yes\"}",
            "{\"privacy_threshold\": 2}", "{\"privacy_column_map\": {\"nope\": 3}}", "{\"name\": \"\\ud800\"}", "{\"name\": \"\\u0000\", \"x\": 1}",
            "{\"name\": \"" + new string('x', 300) + "\", \"scopes\": [], \"nope\": 0}",
        })
        {
            yield return (text.Length > 60 ? text[..60] : text, Encoding.UTF8.GetBytes(text));
        }

        yield return ("bad UTF-8", [(byte)'{', (byte)'"', 0xC3, 0x28, (byte)'"', (byte)':', (byte)'1', (byte)'}']);
        yield return ("deep nesting", Encoding.UTF8.GetBytes(new string('[', 100_000)));
        yield return ("deep objects", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"inputs\":", 5_000))));
    }

    private async Task AssertRefused(HttpMethod method, string path, HttpContent content, string what)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        HttpResponseMessage response;
        try
        {
            response = await silo.Client.SendAsync(request, TestContext.Current.CancellationToken);
        }
        catch (HttpRequestException) when (content.Headers.ContentLength > 30 << 20)
        {
            // The server may answer 413 and close while the body is still being sent; the client then sees only the reset.
            return;
        }

        using (response)
        {
            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.True((int)response.StatusCode is >= 400 and < 500, $"{method} {path} with {what}: {(int)response.StatusCode} {text}");
            Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
            var problem = JsonSerializer.Deserialize<JsonElement>(text);
            Assert.True(problem.Text("detail").Length > 10, text);
            Assert.False(string.IsNullOrEmpty(problem.Text("code")), text);
            if (response.StatusCode == HttpStatusCode.UnprocessableEntity)
            {
                Assert.True(problem.TryGetProperty("errors", out var errors) && errors.GetArrayLength() is > 0 and <= 100, text);
            }
        }
    }
}
