using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace MlOps.Demo;

/// <summary>
/// Seeds the project "fraud" once, over HTTP as any client would, and prints what to paste in a second terminal. Every step is looked up or
/// sent under an idempotency key, so that a start after a crash goes on where the last one ended.
/// </summary>
internal sealed class DemoSeed
{
    private const string ProjectName = "fraud";
    private const string OldModel = "fraud-2025-10";
    private const string NewModel = "fraud-2025-11";
    private const int Predictions = 5_000;
    private const int BatchRows = 100;

    private readonly HttpClient client;
    private readonly string key;
    private readonly string predicted;
    private readonly TextWriter output;

    private DemoSeed(HttpClient client, string key, DataFolder data, TextWriter output) =>
        (this.client, this.key, predicted, this.output) = (client, key, Path.Combine(data.Path, "demo.predicted"), output);

    /// <param name="server">The address that this process serves on.</param>
    /// <param name="key">The admin key.</param>
    /// <param name="data">Where a marker tells that the predictions have been sent.</param>
    public static async Task Run(Uri server, string key, DataFolder data, TextWriter output, CancellationToken cancellation)
    {
        using var client = new HttpClient { BaseAddress = server };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        await new DemoSeed(client, key, data, output).Seed(cancellation);
    }

    private async Task Seed(CancellationToken cancellation)
    {
        var project = await Find($"/api/projects?search={ProjectName}", "name", ProjectName, cancellation);
        if (project is null)
        {
            await output.WriteLineAsync("Demo: makes a project \"fraud\" with two models, puts the older one into production and sends it 5,000 payments. About 10 seconds, once.");
            project = Text(await Send(HttpMethod.Post, "/api/projects", Json($$"""{"name": "{{ProjectName}}", "description": "Card payments, made up"}"""), "fraud-demo-project", cancellation), "project_id");
        }

        var old = await Model(project, OldModel, cancellation);
        var newer = await Model(project, NewModel, cancellation);
        var production = await Production(project, old, cancellation);
        await Predict(production, cancellation);
        Print(project, newer, old, production);
    }

    private async Task<string> Model(string project, string name, CancellationToken cancellation)
    {
        if (await Find($"/api/models?project_id={project}&search={name}", "name", name, cancellation) is { } there)
        {
            return there;
        }

        var files = Path.Combine(AppContext.BaseDirectory, "Demo");
        using var form = new MultipartFormDataContent
        {
            { new StringContent(project), "project_id" },
            { new StringContent(name), "name" },
            { new StringContent("GBM"), "algo" },
            { new StringContent(await File.ReadAllTextAsync(Path.Combine(files, $"{name}.json"), cancellation)), "metadata" },
            { new StreamContent(File.OpenRead(Path.Combine(files, $"{name}.onnx"))), "file", $"{name}.onnx" },
            { new StreamContent(File.OpenRead(Path.Combine(files, $"{name}.baseline.csv"))), "baseline", $"{name}.baseline.csv" },
            { new StreamContent(File.OpenRead(Path.Combine(files, $"{name}.reference.csv"))), "reference", $"{name}.reference.csv" },
        };
        return Text(await Send(HttpMethod.Post, "/api/models", form, null, cancellation), "id");
    }

    // Whatever is in production now; where nothing is, the older model again.
    private async Task<string> Production(string project, string old, CancellationToken cancellation)
    {
        if (await Find($"/api/mlops/projects/{project}/deployments?limit=200", "stage", "production", cancellation) is { } there)
        {
            return there;
        }

        var body = Json($$"""{"model_id": "{{old}}", "name": "fraud-production", "stage": "production"}""");
        return Text(await Send(HttpMethod.Post, $"/api/mlops/projects/{project}/deployments", body, null, cancellation), "deployment_id");
    }

    private async Task Predict(string production, CancellationToken cancellation)
    {
        if (File.Exists(predicted))
        {
            return;
        }

        foreach (var rows in Payments().Chunk(BatchRows))
        {
            await Send(HttpMethod.Post, $"/api/mlops/deployments/{production}/predict", Json($$"""{"inputs": [{{string.Join(",", rows)}}]}"""), null, cancellation);
        }

        await File.WriteAllTextAsync(predicted, "", cancellation);
    }

    // The held-out payments, over and over, as JSON objects.
    private static IEnumerable<string> Payments()
    {
        var lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Demo", $"{OldModel}.reference.csv")).Skip(1).ToList();
        return Enumerable.Range(0, Predictions).Select(index => lines[index % lines.Count].Split(',')).Select(cells =>
            string.Create(CultureInfo.InvariantCulture, $$"""{"amount": {{cells[0]}}, "merchant_id": {{cells[1]}}, "hour": {{cells[2]}}}"""));
    }

    private void Print(string project, string newer, string old, string production)
    {
        (string Name, string Value)[] values =
        [
            ("BASE_URL", client.BaseAddress!.ToString().TrimEnd('/')), ("API_KEY", key), ("PROJECT_ID", project),
            ("MODEL_ID", newer), ("OLD_MODEL_ID", old), ("DEPLOYMENT_ID", production),
        ];
        var text = new StringBuilder("\nPaste into a second terminal:\n\n");
        foreach (var (name, value) in values)
        {
            text.Append(CultureInfo.InvariantCulture, $"export {name}={value}\n");
        }

        text.Append("\nor into Python:\n\n");
        foreach (var (name, value) in values)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name} = \"{value}\"\n");
        }

        output.WriteLine(text);
    }

    /// <summary>The id of the first item of a list whose field has this value.</summary>
    private async Task<string?> Find(string path, string field, string value, CancellationToken cancellation)
    {
        var items = (await Send(HttpMethod.Get, path, null, null, cancellation)).GetProperty("items").EnumerateArray();
        return items.Where(item => Text(item, field) == value).Select(item => Text(item, "id")).FirstOrDefault();
    }

    private async Task<JsonElement> Send(HttpMethod method, string path, HttpContent? body, string? idempotencyKey, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        if (idempotencyKey is not null)
        {
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        }

        using var response = await client.SendAsync(request, cancellation);
        var text = await response.Content.ReadAsStringAsync(cancellation);
        return response.StatusCode is HttpStatusCode.OK or HttpStatusCode.Created
            ? JsonSerializer.Deserialize<JsonElement>(text)
            : throw new InvalidOperationException($"The demo could not be set up: {method} {path} answered {(int)response.StatusCode}: {text}");
    }

    private static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
