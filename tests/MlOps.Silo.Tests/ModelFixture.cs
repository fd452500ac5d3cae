using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace MlOps.Tests;

/// <summary>One model folder of tests/Fixtures, and its registration over HTTP.</summary>
internal sealed class ModelFixture(string folder)
{
    private static readonly string Root = Path.Combine(Repository.Root, "tests/Fixtures");

    public string Folder => Path.Combine(Root, folder);

    public JsonObject Metadata => JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "metadata.json")))!.AsObject();

    public JsonElement Expected => JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "expected.json"))).RootElement;

    /// <summary>Folders with a model and Python's answers.</summary>
    public static IEnumerable<string> Names() =>
        Directory.EnumerateDirectories(Root).Where(path => File.Exists(Path.Combine(path, "expected.json"))).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    /// <summary>Cases of tests/Fixtures/tiny.</summary>
    public static IEnumerable<string> TinyNames() =>
        Directory.EnumerateDirectories(Path.Combine(Root, "tiny")).Select(path => "tiny/" + Path.GetFileName(path)).Order(StringComparer.Ordinal);

    /// <summary>The registration form; null metadata sends none.</summary>
    public MultipartFormDataContent Form(string project, string? metadata, bool baseline = true)
    {
        var form = new MultipartFormDataContent
        {
            { new StringContent(project), "project_id" },
            { new StringContent(Path.GetFileName(folder)), "name" },
            { new StringContent("GBM"), "algo" },
            { new ByteArrayContent(File.ReadAllBytes(Path.Combine(Folder, "model.onnx"))), "file", "model.onnx" },
        };
        if (metadata is not null)
        {
            form.Add(new StringContent(metadata), "metadata");
        }

        foreach (var path in Directory.EnumerateFiles(Folder))
        {
            switch (Path.GetFileName(path))
            {
                case "baseline.csv" when baseline:
                    form.Add(new ByteArrayContent(File.ReadAllBytes(path)), "baseline", "baseline.csv");
                    break;
                case "xgboost_dump.json":
                    form.Add(new ByteArrayContent(File.ReadAllBytes(path)), "covers", "xgboost_dump.json");
                    break;
                case "model.onnx" or "case.json" or "metadata.json" or "expected.json" or "baseline.csv":
                    break;
                case var name:
                    form.Add(new ByteArrayContent(File.ReadAllBytes(path)), "external_data", name);
                    break;
            }
        }

        return form;
    }

    /// <summary>Registers; the answer and its status.</summary>
    public async Task<(HttpStatusCode Status, JsonElement Answer)> Register(HttpClient client, string project, string? metadata, bool baseline = true)
    {
        using var form = Form(project, metadata, baseline);
        using var response = await client.PostAsync("/api/models", form, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return (response.StatusCode, JsonSerializer.Deserialize<JsonElement>(text));
    }

    /// <summary>Registers, which must go well, and deploys to staging; the ids.</summary>
    public async Task<(string Model, string Deployment)> Serve(HttpClient client, string project, string? metadata, bool baseline = true)
    {
        var (status, answer) = await Register(client, project, metadata, baseline);
        Assert.True(status == HttpStatusCode.Created, $"{folder}: {(int)status} {answer}");
        var model = answer.Text("id");
        var created = await client.Post(
            $"/api/mlops/projects/{project}/deployments",
            $$"""{"model_id": "{{model}}", "name": "{{Path.GetFileName(folder)}}", "stage": "staging"}""",
            HttpStatusCode.Created);
        Assert.True(created.GetProperty("is_active").GetBoolean(), created.ToString());
        return (model, created.Text("deployment_id"));
    }

    /// <summary>A project of its own for a test.</summary>
    public static async Task<string> Project(HttpClient client, string name) =>
        (await client.Post("/api/projects", $$"""{"name": "{{name}}"}""", HttpStatusCode.Created)).Text("project_id");
}
