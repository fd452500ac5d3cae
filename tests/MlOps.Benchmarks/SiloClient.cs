using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace MlOps.Benchmarks;

/// <summary>A silo's owner, over HTTP.</summary>
internal sealed class SiloClient : IDisposable
{
    private readonly HttpClient http;

    private SiloClient(HttpClient http) => this.http = http;

    /// <param name="folder">Where the silo's data folder lies: the key is in it.</param>
    public static async Task<SiloClient> Open(Uri address, string folder)
    {
        var key = (await File.ReadAllTextAsync(Path.Combine(folder, "data", "admin.key"))).Trim();
        var http = new HttpClient { BaseAddress = address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return new SiloClient(http);
    }

    public Task<string> Project(string name) => Post("/api/projects", Json($$"""{"name": "{{name}}"}"""), "project_id");

    /// <returns>The model's id.</returns>
    public async Task<string> Register(string project, byte[] model, string csv)
    {
        using var form = new MultipartFormDataContent
        {
            { new StringContent(project), "project_id" }, { new StringContent("model"), "name" }, { new StringContent("GBM"), "algo" },
            { new ByteArrayContent(model), "file", "model.onnx" },
            { new StringContent(csv), "baseline", "baseline.csv" },
        };
        return await Post("/api/models", form, "id");
    }

    /// <returns>The deployment's id.</returns>
    public Task<string> Deploy(string project, string model, string stage) =>
        Post($"/api/mlops/projects/{project}/deployments", Json($$"""{"model_id": "{{model}}", "name": "benchmark", "stage": "{{stage}}"}"""), "deployment_id");

    public Task<string> PredictKey() => Post("/api/auth/api-keys", Json("""{"name": "benchmark", "scopes": ["predict"]}"""), "key");

    /// <summary>Any call; throws on a status that is no success.</summary>
    public async Task Send(HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : Json(body) };
        using var response = await http.SendAsync(request);
        if (!response.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"{method} {path}: {await response.Content.ReadAsStringAsync()}");
        }

        await response.Content.ReadAsByteArrayAsync();
    }

    /// <summary>The bytes of a predict call.</summary>
    public static byte[] Request(Uri server, string path, string? key, string body) => Encoding.UTF8.GetBytes(
        $"POST {path} HTTP/1.1\r\nHost: {server.Authority}\r\n{(key is null ? "" : $"Authorization: Bearer {key}\r\n")}Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");

    public void Dispose() => http.Dispose();

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    private async Task<string> Post(string path, HttpContent body, string field)
    {
        using var response = await http.PostAsync(path, body);
        var text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode ? JsonDocument.Parse(text).RootElement.GetProperty(field).GetString()! : throw new InvalidOperationException(text);
    }
}
