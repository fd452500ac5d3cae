using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace MlOps.Tests.Clients;

/// <summary>The calls of the vendor's Python SDK for projects, models and deployments, header for header, and what it reads from the answers.</summary>
public sealed class VendorSdkTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    [Fact]
    public async Task Projects_AreReadAsTheSdkReadsThem()
    {
        var created = Unwrap(await Call(201, "POST", "/api/projects", """{"name": "sdk", "description": ""}"""), "project");
        var id = created["id"]!.GetValue<string>();
        Assert.Equal("sdk", created["name"]!.GetValue<string>());

        var listed = await Call(200, "GET", "/api/projects?limit=50&offset=0&search=sdk");
        Assert.Contains(listed["items"]!.AsArray(), item => item!["id"]!.GetValue<string>() == id);
        Assert.Equal(id, Unwrap(await Call(200, "GET", $"/api/projects/{id}"), "project")["id"]!.GetValue<string>());
        Assert.Equal("renamed", Unwrap(await Call(200, "PUT", $"/api/projects/{id}", """{"name": "renamed"}"""), "project")["name"]!.GetValue<string>());
        Assert.NotNull((await Call(200, "GET", $"/api/projects/{id}/timeline"))["events"]!.AsArray());
        Assert.True((await Call(200, "DELETE", $"/api/projects/{id}"))["ok"]!.GetValue<bool>());
        var gone = await Call(404, "GET", $"/api/projects/{id}");
        Assert.Equal(JsonValueKind.String, gone["detail"]!.GetValueKind());
    }

    [Fact]
    public async Task Models_AreReadAsTheSdkReadsThem()
    {
        var project = await ModelFixture.Project(silo.Client, "sdk-models");
        var fixture = new ModelFixture("flights_linear");
        var (_, registered) = await fixture.Register(silo.Client, project, fixture.Metadata.ToJsonString());
        var id = registered.Text("id");

        var listed = await Call(200, "GET", $"/api/models?limit=50&offset=0&project_id={project}");
        var item = Assert.Single(listed["items"]!.AsArray())!;
        Assert.Equal("GBM", (item["algo"] ?? item["model_type"])!.GetValue<string>());
        Assert.Empty((await Call(200, "GET", $"/api/models?limit=50&offset=0&experiment_id={id}"))["items"]!.AsArray());

        var model = await Call(200, "GET", $"/api/models/{id}");
        Assert.Equal(id, model["id"]!.GetValue<string>());
        Assert.Equal(id, model["model"]!["id"]!.GetValue<string>());
        Assert.NotNull(model["metrics"]!.AsObject());
        await Call(200, "DELETE", $"/api/models/{id}");
        await Call(404, "GET", $"/api/models/{id}");
    }

    [Fact]
    public async Task Deployments_AreReadAsTheSdkReadsThem()
    {
        var project = await ModelFixture.Project(silo.Client, "sdk-deployments");
        var fixture = new ModelFixture("credit_logreg_pipeline");
        var (_, registered) = await fixture.Register(silo.Client, project, fixture.Metadata.ToJsonString());
        var model = registered.Text("id");
        var row = fixture.Expected.GetProperty("inputs")[0].GetRawText();

        var first = Deployment(await Call(201, "POST", $"/api/mlops/projects/{project}/deployments", $$"""{"model_id": "{{model}}", "name": "one", "stage": "staging"}"""));
        var second = Deployment(await Call(
            201, "POST", $"/api/mlops/projects/{project}/deployments",
            $$"""{"model_id": "{{model}}", "name": "two", "stage": "staging", "config": {"traffic_percent": 40, "owner": "risk"} }"""));
        var (one, two) = (first["id"]!.GetValue<string>(), second["id"]!.GetValue<string>());

        var listed = await Call(200, "GET", $"/api/mlops/projects/{project}/deployments?limit=50&offset=0");
        Assert.Equal(2, listed["total"]!.GetValue<int>());
        var detail = await Call(200, "GET", $"/api/mlops/deployments/{two}");
        Assert.Equal(40, Deployment(detail)["config"]!["traffic_percent"]!.GetValue<int>());
        Assert.Equal("risk", Deployment(detail)["config"]!["owner"]!.GetValue<string>());
        Assert.Equal(model, detail["model"]!["id"]!.GetValue<string>());

        var predicted = await Call(200, "POST", $"/api/mlops/deployments/{one}/predict", $$$"""{"inputs": {{{row}}}, "options": {}}""");
        var prediction = Assert.Single(predicted["predictions"]!.AsArray())!;
        Assert.Equal(JsonValueKind.String, prediction["prediction"]!.GetValueKind());
        Assert.NotNull(prediction["probability"]);
        Assert.NotNull(prediction["probabilities"]);

        Assert.Equal("production", Deployment(await Call(200, "POST", $"/api/mlops/deployments/{one}/promote", """{"to_stage": "production"}"""))["stage"]!.GetValue<string>());
        await Call(200, "POST", $"/api/mlops/deployments/{two}/promote", """{"to_stage": "production"}""");
        Assert.True(Deployment(await Call(200, "POST", $"/api/mlops/deployments/{two}/rollback", $$"""{"to_deployment_id": "{{one}}"}"""))["ok"]!.GetValue<bool>());
        var neither = await Call(422, "POST", $"/api/mlops/deployments/{two}/rollback", "{}");
        Assert.Contains(two, neither["detail"]!.GetValue<string>(), StringComparison.Ordinal);

        Assert.True((await Call(200, "POST", $"/api/mlops/deployments/{one}/deactivate"))["ok"]!.GetValue<bool>());
    }

    [Fact]
    public async Task Refusals_CarryTheStatusesThatTheSdkTellsApart()
    {
        Assert.NotNull((await Call(401, "GET", "/api/projects", key: "wrong"))["detail"]);
        Assert.NotNull((await Call(404, "GET", $"/api/models/{Guid.Empty}"))["detail"]);
        Assert.NotNull((await Call(422, "POST", "/api/projects", "{}"))["detail"]);
        Assert.NotNull((await Call(422, "GET", "/api/projects?limit=0"))["detail"]);
    }

    // The SDK's session sends these with every request, and requests adds its own; no body, no Content-Length, but for POST and the like.
    private async Task<JsonObject> Call(int status, string method, string path, string? json = null, string? key = null)
    {
        var body = json is null ? null : Encoding.UTF8.GetBytes(json);
        List<(string, string)> headers =
        [
            ("Host", silo.Address.Authority),
            ("User-Agent", "coreplexml-python/0.1.3"),
            ("Accept-Encoding", "gzip, deflate"),
            ("Accept", "*/*"),
            ("Connection", "keep-alive"),
            ("Authorization", $"Bearer {key ?? silo.AdminKey}"),
            ("Content-Type", "application/json"),
        ];
        if (method != "GET")
        {
            headers.Add(("Content-Length", $"{body?.Length ?? 0}"));
        }

        var (answered, answer) = await RawHttp.Send(silo.Address, method, path, headers, body);
        Assert.True(answered == status, $"{method} {path}: {answered} {answer}");
        return JsonObject.Create(answer)!;
    }

    // The SDK takes the value under the key when there is one, else the whole answer.
    private static JsonObject Unwrap(JsonObject answer, string key) => answer[key] as JsonObject ?? answer;

    private static JsonObject Deployment(JsonObject answer) => Unwrap(answer, "deployment");
}
