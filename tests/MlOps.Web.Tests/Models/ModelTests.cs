using System.Net;
using System.Text;
using System.Text.Json;
using Xunit;

namespace MlOps.Tests.Models;

public sealed class ModelTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    private readonly ModelFixture fixture = new("flights_linear");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Answers_AreAsApproved()
    {
        var project = await ModelFixture.Project(silo.Client, "model-shape");
        // What registration warns of is its own tests' affair.
        var metadata = fixture.Metadata;
        foreach (var unknown in new[] { "name", "algo", "onnx_inputs", "onnx_outputs", "ops" })
        {
            metadata.Remove(unknown);
        }

        var (status, created) = await fixture.Register(silo.Client, project, metadata.ToJsonString());
        Assert.Equal(HttpStatusCode.Created, status);
        var id = created.Text("model_id");
        Assert.Equal(id, created.Text("id"));
        Approved.Same("registered", Scrub.Of(created));

        var single = await silo.Client.Get($"/api/models/{id}");
        Approved.Same("single", Scrub.Of(single));
        Approved.Same("list", Scrub.Of(await silo.Client.Get($"/api/models?project_id={project}")));
        Assert.Equal(single.Text("id"), single.GetProperty("model").Text("id"));
        Approved.Same("registered_timeline", Scrub.Of(await silo.Client.Get($"/api/projects/{project}/timeline")));

        await silo.Client.Expect(HttpStatusCode.OK, HttpMethod.Delete, $"/api/models/{id}");
        await silo.Client.Expect(HttpStatusCode.NotFound, HttpMethod.Get, $"/api/models/{id}");
        await silo.Client.Expect(HttpStatusCode.NotFound, HttpMethod.Delete, $"/api/models/{id}");
    }

    [Fact]
    public async Task DryRun_AnswersTheSameAndStoresNothing()
    {
        var project = await ModelFixture.Project(silo.Client, "dry");
        var (_, stored) = await fixture.Register(silo.Client, project, fixture.Metadata.ToJsonString());
        using var form = fixture.Form(project, fixture.Metadata.ToJsonString());
        using var response = await silo.Client.PostAsync("/api/models?dry_run=true", form, Cancellation);
        var tried = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(Cancellation));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(JsonValueKind.Null, tried.GetProperty("id").ValueKind);
        Assert.Equal(JsonValueKind.Null, tried.GetProperty("model_id").ValueKind);
        Assert.Equal(stored.GetProperty("signature").GetRawText(), tried.GetProperty("signature").GetRawText());
        Assert.Equal(stored.Text("digest"), tried.Text("digest"));
        Assert.Equal(1, (await silo.Client.Get($"/api/models?project_id={project}")).GetProperty("total").GetInt32());
    }

    [Theory]
    [InlineData(200, HttpStatusCode.Created)]
    [InlineData(201, HttpStatusCode.UnprocessableEntity)]
    public async Task Name_IsCountedInCharacters(int characters, HttpStatusCode status)
    {
        var name = string.Concat(Enumerable.Repeat("🎉", characters));
        using var form = new MultipartFormDataContent
        {
            { new StringContent(await ModelFixture.Project(silo.Client, "emoji")), "project_id" },
            { new StringContent(name), "name" },
            { new StringContent("GBM"), "algo" },
            { new ByteArrayContent(await File.ReadAllBytesAsync(Path.Combine(fixture.Folder, "model.onnx"), Cancellation)), "file", "model.onnx" },
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/models") { Content = form };

        var answer = await silo.Client.Expect(status, request);

        Assert.Equal(status == HttpStatusCode.Created ? name : "/name", status == HttpStatusCode.Created ? answer.Text("name") : Assert.Single(answer.GetProperty("errors").EnumerateArray()).Text("pointer"));
    }

    [Fact]
    public async Task FileName_WithNul_IsRefused()
    {
        using var form = fixture.Form(await ModelFixture.Project(silo.Client, "nul"), fixture.Metadata.ToJsonString());
        var text = (await form.ReadAsStringAsync(Cancellation)).Replace("filename=model.onnx; filename*=utf-8''model.onnx", "filename=\"mod\0el.onnx\"", StringComparison.Ordinal);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/models") { Content = new StringContent(text) };
        request.Content.Headers.ContentType = form.Headers.ContentType;

        var problem = await silo.Client.Expect(HttpStatusCode.UnprocessableEntity, request);

        Assert.Contains(problem.GetProperty("errors").EnumerateArray(), error => error.Text("pointer") == "/file" && error.Text("detail").Contains("NUL", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ModelInUse_IsNotDeleted()
    {
        var project = await ModelFixture.Project(silo.Client, "in-use");
        var (model, deployment) = await fixture.Serve(silo.Client, project, fixture.Metadata.ToJsonString());

        var problem = await silo.Client.Expect(HttpStatusCode.Conflict, HttpMethod.Delete, $"/api/models/{model}");

        Assert.Equal("model_in_use", problem.Text("code"));
        Assert.Contains(deployment, problem.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task EveryFaultOfAForm_IsTold()
    {
        using var form = new MultipartFormDataContent
        {
            { new StringContent("not-a-uuid"), "project_id" },
            { new StringContent(" "), "name" },
            { new StringContent("x"), "name" },
            { new StringContent("x"), "fiel" },
            { new StringContent("[]"), "metadata" },
            { new ByteArrayContent([1]), "external_data", "weights.bin" },
            { new ByteArrayContent([2]), "external_data", "./weights.bin" },
        };

        var problem = await Refused(form, HttpStatusCode.UnprocessableEntity);

        Assert.Equal(
            ["/algo", "/external_data", "/fiel", "/file", "/metadata", "/name", "/project_id"],
            problem.GetProperty("errors").EnumerateArray().Select(error => error.Text("pointer")).Order(StringComparer.Ordinal));
        Assert.Contains("did you mean 'file'?", problem.Details(), StringComparison.Ordinal);
    }

    // PostgreSQL and the file system hold no NUL, SQLite would: the name is refused before it matters.
    [Fact]
    public async Task ExternalDataWithNulInItsName_IsRefusedNamingThePart()
    {
        var project = await ModelFixture.Project(silo.Client, "nul");
        using var form = fixture.Form(project, null);
        using var part = new ByteArrayContent([1]);
        part.Headers.ContentDisposition = new("form-data") { Name = "external_data", FileNameStar = "a\0b" };
        form.Add(part);

        var problem = await Refused(form, HttpStatusCode.UnprocessableEntity);

        Assert.Equal("/external_data", problem.GetProperty("errors")[0].Text("pointer"));
        Assert.Contains("control character", problem.Details(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task MetadataOverTheLimit_IsTooLarge()
    {
        using var form = new MultipartFormDataContent { { new StringContent(new string(' ', 2 << 20)), "metadata" } };

        Assert.Equal("body_too_large", (await Refused(form, HttpStatusCode.RequestEntityTooLarge)).Text("code"));
    }

    [Theory]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\ncut", 400)]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: attachment\r\n\r\nx\r\n--b--\r\n", 400)]
    [InlineData("multipart/form-data; boundary=b", "nothing of the kind", 400)]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\n\u00ff\r\n--b--\r\n", 400)]
    [InlineData("multipart/form-data", "--b--", 415)]
    [InlineData("application/json", "{}", 415)]
    public async Task BrokenForm_IsRefused(string type, string body, int status)
    {
        using var content = new ByteArrayContent(Encoding.Latin1.GetBytes(body));
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        using var response = await silo.Client.PostAsync("/api/models", content, Cancellation);

        Assert.True((int)response.StatusCode == status, await response.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task Uploads_LeaveNoFiles()
    {
        var project = await ModelFixture.Project(silo.Client, "uploads");
        await fixture.Register(silo.Client, project, fixture.Metadata.ToJsonString());
        using var form = fixture.Form(project, "{\"task\": 5}");
        await Refused(form, HttpStatusCode.UnprocessableEntity);
        var data = (DataFolder)silo.Services.GetService(typeof(DataFolder))!;

        Assert.Empty(Directory.EnumerateFileSystemEntries(data.Uploads));
    }

    [Fact]
    public async Task Lists_AreFilteredAndSortedAsAsked()
    {
        var project = await ModelFixture.Project(silo.Client, "filters");
        foreach (var score in new[] { 0.5, 0.9, 0.7 })
        {
            var metadata = fixture.Metadata;
            metadata["metrics"] = new System.Text.Json.Nodes.JsonObject { ["r2"] = score };
            await fixture.Register(silo.Client, project, metadata.ToJsonString());
        }

        async Task<int> Total(string query) => (await silo.Client.Get($"/api/models?project_id={project}&{query}")).GetProperty("total").GetInt32();
        var sorted = (await silo.Client.Get($"/api/models?project_id={project}&sort_metric=r2&sort_dir=asc")).GetProperty("items").EnumerateArray();
        Assert.Equal([0.5, 0.7, 0.9], sorted.Select(item => item.GetProperty("metrics").GetProperty("r2").GetDouble()));
        Assert.Equal(3, await Total("model_type=gbm"));
        Assert.Equal(0, await Total("model_type=GLM"));
        Assert.Equal(3, await Total("search=FLIGHTS_LIN"));
        Assert.Equal(0, await Total("is_production=true"));
        Assert.Equal(3, await Total("is_staging=false"));
        Assert.Equal(0, await Total("experiment_id=any"));
    }

    private async Task<JsonElement> Refused(MultipartFormDataContent form, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/models") { Content = form };
        return await silo.Client.Expect(status, request);
    }
}
