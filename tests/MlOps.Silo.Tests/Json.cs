using System.Net;
using System.Text;
using System.Text.Json;
using Xunit;

namespace MlOps.Tests;

/// <summary>JSON over HTTP in as few words as a test wants.</summary>
internal static class Json
{
    public static StringContent Body(string json) => new(json, Encoding.UTF8, "application/json");

    /// <summary>Sends and reads a JSON answer, whose status must be the expected one.</summary>
    public static async Task<JsonElement> Expect(this HttpClient client, HttpStatusCode status, HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : Body(body) };
        return await client.Expect(status, request);
    }

    public static async Task<JsonElement> Expect(this HttpClient client, HttpStatusCode status, HttpRequestMessage request)
    {
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == status, $"{request.Method} {request.RequestUri}: {(int)response.StatusCode} instead of {(int)status}: {text}");
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    public static Task<JsonElement> Get(this HttpClient client, string path) => client.Expect(HttpStatusCode.OK, HttpMethod.Get, path);

    public static Task<JsonElement> Post(this HttpClient client, string path, string? body = null, HttpStatusCode status = HttpStatusCode.OK) =>
        client.Expect(status, HttpMethod.Post, path, body);

    public static string Text(this JsonElement element, string name) => element.GetProperty(name).GetString()!;

    /// <summary>Detail and every error's detail of a problem, in one text.</summary>
    public static string Details(this JsonElement problem)
    {
        var errors = problem.TryGetProperty("errors", out var list) ? list.EnumerateArray().Select(error => error.Text("detail")) : [];
        return string.Join('\n', errors.Prepend(problem.Text("detail")));
    }
}
