using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Xunit;

namespace MlOps.Tests.Errors;

/// <summary>Refusals that come before any endpoint: keys, paths, methods, content types.</summary>
public sealed class RoutingTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET", "/api/projects")]
    [InlineData("POST", "/api/projects")]
    [InlineData("GET", "/api/nothing")]
    [InlineData("TRACE", "/api/projects")]
    [InlineData("POST", "/api/mlops/deployments/0/predict")]
    public async Task WithoutAKey_EverythingUnderApiIs401(string method, string path)
    {
        foreach (var authorization in new[] { null, "Bearer", "Bearer ", "Bearer wrong", "Basic " + silo.AdminKey, silo.AdminKey, "Bearer " + silo.AdminKey + "x", "Bearer é" })
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
            using var handler = new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8 };
            using var client = new HttpClient(handler) { BaseAddress = silo.Address };
            using var response = await client.SendAsync(request, Cancellation);

            Assert.True(response.StatusCode == HttpStatusCode.Unauthorized, $"{authorization}: {response.StatusCode}");
            Assert.Equal("Bearer", Assert.Single(response.Headers.WwwAuthenticate).Scheme);
            Assert.Equal("unauthorized", (await Problem(response)).Text("code"));
        }
    }

    [Theory]
    [InlineData("bearer ")]
    [InlineData("Bearer  ")]
    public async Task Scheme_IsReadAsHttpSays(string scheme)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/projects");
        request.Headers.TryAddWithoutValidation("Authorization", scheme + silo.AdminKey);
        using var client = silo.ClientWith(null);

        Assert.Equal(HttpStatusCode.OK, (await client.SendAsync(request, Cancellation)).StatusCode);
    }

    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/docs/")]
    public async Task OpenPaths_NeedNoKey(string path)
    {
        using var client = silo.ClientWith(null);

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(path, Cancellation)).StatusCode);
    }

    [Theory]
    [InlineData("/metric")]
    [InlineData("/api/mlops/deployments/01890a5d-ac96-774b-bcce-b302099a8057/drifts")]
    [InlineData("/api/mlops/deployments/01890a5d-ac96-774b-bcce-b302099a8057/inference-log")]
    [InlineData("/api/privacy/policies")]
    [InlineData("/nothing")]
    public async Task UnknownPath_IsAProblem(string path)
    {
        var problem = await silo.Client.Expect(HttpStatusCode.NotFound, HttpMethod.Get, path);

        Assert.Equal("not_found", problem.Text("code"));
        Assert.Contains(path, problem.Text("detail"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("DELETE", "/api/projects", "GET, HEAD, POST")]
    [InlineData("GET", "/api/mlops/deployments/x/predict", "POST")]
    [InlineData("POST", "/api/projects/x", "DELETE, GET, HEAD, PUT")]
    public async Task WrongMethod_TellsTheRightOnes(string method, string path, string allowed)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await silo.Client.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal(allowed, string.Join(", ", response.Content.Headers.Allow.Order(StringComparer.Ordinal)));
        Assert.Equal("method_not_allowed", (await Problem(response)).Text("code"));
    }

    [Theory]
    [InlineData("/api/projects", HttpStatusCode.OK)]
    [InlineData("/health/ready", HttpStatusCode.OK)]
    [InlineData("/openapi/v1.json", HttpStatusCode.OK)]
    [InlineData("/api/projects/x", HttpStatusCode.NotFound)]
    [InlineData("/api/projects?limit=0", HttpStatusCode.UnprocessableEntity)]
    public async Task Head_AnswersAsGetWithoutTheBody(string path, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        using var head = await silo.Client.SendAsync(request, Cancellation);
        using var get = await silo.Client.GetAsync(path, Cancellation);

        Assert.Equal(status, head.StatusCode);
        Assert.Equal(status, get.StatusCode);
        Assert.Equal(get.Content.Headers.ContentType, head.Content.Headers.ContentType);
        Assert.Equal((await get.Content.ReadAsByteArrayAsync(Cancellation)).Length, head.Content.Headers.ContentLength);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync(Cancellation));
    }

    [Fact]
    public async Task LongHeads_AreReadAndRefusedInWords()
    {
        var problem = await silo.Client.Expect(HttpStatusCode.UnprocessableEntity, HttpMethod.Get, $"/api/projects?search={new string('x', 20_000)}");
        Assert.Contains("search", problem.Text("detail"), StringComparison.Ordinal);

        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/projects") { Content = Json.Body("""{"name": "x"}""") };
        request.Headers.Add("Idempotency-Key", new string('k', 40_000));
        Assert.Contains("255", (await silo.Client.Expect(HttpStatusCode.UnprocessableEntity, request)).Text("detail"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/projects")]
    [InlineData("/api/models")]
    [InlineData("/api/mlops/deployments/01890a5d-ac96-774b-bcce-b302099a8057/predict")]
    public async Task CompressedBody_IsUnsupported(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = Json.Body("{}") };
        request.Content.Headers.ContentEncoding.Add("gzip");

        Assert.Contains("Content-Encoding", (await silo.Client.Expect(HttpStatusCode.UnsupportedMediaType, request)).Text("detail"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("read", "GET", "/api/projects", true)]
    [InlineData("read", "POST", "/api/projects", false)]
    [InlineData("write", "GET", "/api/projects", false)]
    [InlineData("predict", "POST", "/api/mlops/deployments/x/predict", true)]
    [InlineData("read", "POST", "/api/mlops/deployments/x/predict", false)]
    [InlineData("predict", "POST", "/api/mlops/deployments/x/promote", false)]
    [InlineData("write", "GET", "/api/auth/api-keys", false)]
    [InlineData("admin", "GET", "/api/auth/api-keys", true)]
    [InlineData("admin", "POST", "/api/projects", true)]
    public async Task Scope_DecidesWhatAKeyMay(string scope, string method, string path, bool may)
    {
        var key = await silo.Client.Post("/api/auth/api-keys", $$"""{"name": "{{scope}}", "scopes": ["{{scope}}"]}""", HttpStatusCode.Created);
        using var client = silo.ClientWith(key.Text("key"));
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await client.SendAsync(request, Cancellation);

        Assert.Equal(may, response.StatusCode != HttpStatusCode.Forbidden);
        Assert.NotEqual(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    private static async Task<JsonElement> Problem(HttpResponseMessage response)
    {
        Assert.Equal(new MediaTypeHeaderValue("application/problem+json"), response.Content.Headers.ContentType);
        return JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(Cancellation));
    }
}
