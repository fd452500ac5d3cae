using System.Net;
using System.Text.Json;
using Xunit;

namespace MlOps.Tests.Deployments;

public sealed class DeploymentTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    private readonly ModelFixture fixture = new("flights_linear");

    [Fact]
    public async Task Answers_AreAsApproved()
    {
        var (project, model) = await Model("deployment-shape");
        var created = await Create(project, $$"""{"model_id": "{{model}}", "name": "one", "stage": "staging", "config": {"owner": {"team": "risk"}, "traffic_percent": 40}, "privacy_threshold": 0.5}""");
        var id = created.Text("deployment_id");
        Approved.Same("created", Scrub.Of(created));
        Approved.Same("detail", Scrub.Of(await silo.Client.Get($"/api/mlops/deployments/{id}")));
        Approved.Same("list", Scrub.Of(await silo.Client.Get($"/api/mlops/projects/{project}/deployments")));
        Approved.Same("schema", Scrub.Of(await silo.Client.Get($"/api/mlops/deployments/{id}/schema")));
        Approved.Same("patched", Scrub.Of(await Patch(id, """{"name": "two", "traffic_percent": null}""")));
        Approved.Same("promoted", Scrub.Of(await silo.Client.Post($"/api/mlops/deployments/{id}/promote", """{"to_stage": "production"}""")));
        Approved.Same("deactivated", Scrub.Of(await silo.Client.Post($"/api/mlops/deployments/{id}/deactivate")));
        Approved.Same("rolled_back", Scrub.Of(await silo.Client.Post($"/api/mlops/deployments/{id}/rollback", $$"""{"to_deployment_id": "{{id}}", "to_model_id": null}""")));
        Approved.Same("timeline", Scrub.Of(await silo.Client.Get($"/api/projects/{project}/timeline")));
        await silo.Client.Post($"/api/mlops/deployments/{id}/deactivate");
        Approved.Same("deleted", Scrub.Of(await silo.Client.Expect(HttpStatusCode.OK, HttpMethod.Delete, $"/api/mlops/deployments/{id}")));
        await silo.Client.Expect(HttpStatusCode.NotFound, HttpMethod.Get, $"/api/mlops/deployments/{id}");
    }

    [Fact]
    public async Task Stage_IsStagingUnlessSaid()
    {
        var (project, model) = await Model("default-stage");

        Assert.Equal("staging", (await Create(project, $$"""{"model_id": "{{model}}", "name": "n"}""")).Text("stage"));
        Assert.Equal("staging", (await Create(project, $$"""{"model_id": "{{model}}", "config": {"name": "n"}, "stage": null}""")).Text("stage"));
        Assert.Equal("production", (await Create(project, $$"""{"model_id": "{{model}}", "name": "n", "stage": "production"}""")).Text("stage"));
    }

    [Fact]
    public async Task Config_MeansWhatItMeansBesideIt()
    {
        var (project, model) = await Model("config");
        var created = await Create(
            project, $$"""{"model_id": "{{model}}", "name": "n", "traffic_percent": 30, "config": {"name": "n", "traffic_percent": 30, "privacy_anonymize_logs": true, "x": [1, "é", null]} }""");

        Assert.Equal(30, created.GetProperty("traffic_percent").GetInt32());
        var config = created.GetProperty("config");
        Assert.True(config.GetProperty("privacy_anonymize_logs").GetBoolean());
        Assert.Equal("""[1,"é",null]""", config.GetProperty("x").GetRawText());
    }

    [Theory]
    [InlineData("""{"name": "n"}""", "/model_id")]
    [InlineData("""{"model_id": "x", "name": "n"}""", "/model_id")]
    [InlineData("""{"model_id": "01890a5d-ac96-774b-bcce-b302099a8057", "name": "n"}""", "/model_id")]
    [InlineData("""{"model_id": "MODEL"}""", "/name")]
    [InlineData("""{"model_id": "MODEL", "name": "n", "stage": "archived"}""", "/stage")]
    [InlineData("""{"model_id": "MODEL", "name": "n", "stage": "Staging"}""", "/stage")]
    [InlineData("""{"model_id": "MODEL", "name": "n", "traffic_percent": 0}""", "/traffic_percent")]
    [InlineData("""{"model_id": "MODEL", "name": "n", "traffic_percent": 101}""", "/traffic_percent")]
    [InlineData("""{"model_id": "MODEL", "name": "n", "traffic_percent": "50"}""", "/traffic_percent")]
    [InlineData("""{"model_id": "MODEL", "name": "n", "canary": 1}""", "/canary")]
    [InlineData("""{"model_id": "MODEL", "name": "n", "config": {"canary": "yes"} }""", "/config/canary")]
    [InlineData("""{"model_id": "MODEL", "name": "n", "canary": true, "config": {"canary": false} }""", "/config/canary")]
    [InlineData("""{"model_id": "MODEL", "name": "n", "stage": "production", "traffic_percent": 10, "config": {"canary": true} }""", "/canary")]
    [InlineData("""{"model_id": "MODEL", "name": "n", "config": 5}""", "/config")]
    [InlineData("""{"model_id": "MODEL", "name": "n", "config": {"traffic_percent": 1.5} }""", "/config/traffic_percent")]
    [InlineData("""{"model_id": "MODEL", "name": "n", "traffic_percent": 30, "config": {"traffic_percent": 40} }""", "/config/traffic_percent")]
    [InlineData("""{"model_id": "MODEL", "name": "n", "config": {"a": 1, "a": 2} }""", "/config/a")]
    [InlineData("""{"model_id": "MODEL", "name": "n", "privacy_policy_id": "01890a5d-ac96-774b-bcce-b302099a8057"}""", "/privacy_policy_id")]
    [InlineData("""{"model_id": "MODEL", "name": "n", "privacy_anonymize_response": true}""", "/privacy_anonymize_response")]
    [InlineData("""{"model_id": "MODEL", "name": "n", "privacy_threshold": 1.1}""", "/privacy_threshold")]
    [InlineData("""{"model_id": "MODEL", "name": "n", "privacy_column_map": {"x": 5} }""", "/privacy_column_map")]
    [InlineData("""{"model_id": "MODEL", "name": "n", "privacy_column_map": {"nothing of the kind": "email"} }""", "/privacy_column_map/nothing of the kind")]
    [InlineData("""{"model_id": "MODEL", "name": "n", "stagee": "staging"}""", "/stagee")]
    public async Task WrongCreate_IsRefusedWithItsPointer(string body, string pointer)
    {
        var (project, model) = await Model("wrong");

        var problem = await silo.Client.Post($"/api/mlops/projects/{project}/deployments", body.Replace("MODEL", model, StringComparison.Ordinal), HttpStatusCode.UnprocessableEntity);

        Assert.Equal(pointer, Assert.Single(problem.GetProperty("errors").EnumerateArray()).Text("pointer"));
        Assert.Equal(0, (await silo.Client.Get($"/api/mlops/projects/{project}/deployments")).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task Config_HasALimit()
    {
        var (project, model) = await Model("large-config");
        var problem = await silo.Client.Post(
            $"/api/mlops/projects/{project}/deployments", $$"""{"model_id": "{{model}}", "name": "n", "config": {"x": "{{new string('x', 17_000)}}"} }""", HttpStatusCode.UnprocessableEntity);

        Assert.Equal("/config", problem.GetProperty("errors")[0].Text("pointer"));
    }

    [Theory]
    [InlineData(8_000, HttpStatusCode.Created)]
    [InlineData(9_000, HttpStatusCode.UnprocessableEntity)]
    public async Task Config_IsLimitedInBytes(int letters, HttpStatusCode status)
    {
        var (project, model) = await Model("config-bytes");

        await silo.Client.Post($"/api/mlops/projects/{project}/deployments", $$"""{"model_id": "{{model}}", "name": "n", "config": {"x": "{{new string('é', letters)}}"} }""", status);
    }

    [Fact]
    public async Task Name_IsCountedInCharacters()
    {
        var (project, model) = await Model("emoji");
        var longest = string.Concat(Enumerable.Repeat("🎉", 200));
        var id = (await Create(project, $$"""{"model_id": "{{model}}", "name": "{{longest}}"}""")).Text("id");

        Assert.Equal(longest, (await Patch(id, $$"""{"name": "{{longest}}", "traffic_percent": 5}""")).Text("name"));
        await silo.Client.Expect(HttpStatusCode.UnprocessableEntity, HttpMethod.Patch, $"/api/mlops/deployments/{id}", $$"""{"name": "{{longest}}🎉"}""");
    }

    [Theory]
    [InlineData("PATCH", "/api/mlops/deployments/{0}")]
    [InlineData("POST", "/api/mlops/deployments/{0}/promote")]
    [InlineData("POST", "/api/mlops/deployments/{0}/rollback")]
    [InlineData("POST", "/api/mlops/deployments/{0}/deactivate")]
    [InlineData("POST", "/api/mlops/projects/{0}/deployments")]
    [InlineData("PUT", "/api/projects/{0}")]
    public async Task WrongBodyForWhatIsNotThere_Is404(string method, string path)
    {
        foreach (var body in new[] { "{", "{}", """{"nothing": "known"}""" })
        {
            await silo.Client.Expect(HttpStatusCode.NotFound, new HttpMethod(method), string.Format(System.Globalization.CultureInfo.InvariantCulture, path, Guid.NewGuid()), body);
        }
    }

    [Theory]
    [InlineData("promote", "{}", "/to_stage")]
    [InlineData("promote", """{"to_stage": "staging"}""", "/to_stage")]
    [InlineData("promote", """{"to_stage": "production", "force": true}""", "/force")]
    [InlineData("rollback", """{"to_model_id": "x"}""", "/to_model_id")]
    [InlineData("rollback", """{"to_deployment_id": "01890a5d-ac96-774b-bcce-b302099a8057"}""", "/to_deployment_id")]
    [InlineData("deactivate", """{"now": true}""", "/now")]
    public async Task WrongChange_IsRefusedWithItsPointer(string change, string body, string pointer)
    {
        var (project, model) = await Model("changes");
        var id = (await Create(project, $$"""{"model_id": "{{model}}", "name": "n"}""")).Text("id");

        var problem = await silo.Client.Post($"/api/mlops/deployments/{id}/{change}", body, HttpStatusCode.UnprocessableEntity);

        Assert.Equal(pointer, problem.GetProperty("errors")[0].Text("pointer"));
    }

    [Theory]
    [InlineData("{}", "")]
    [InlineData("""{"name": null}""", "/name")]
    [InlineData("""{"config": {} }""", "/config")]
    [InlineData("""{"canary": "true"}""", "/canary")]
    [InlineData("""{"traffic_percent": 0}""", "/traffic_percent")]
    public async Task WrongPatch_IsRefusedWithItsPointer(string body, string pointer)
    {
        var (project, model) = await Model("patches");
        var id = (await Create(project, $$"""{"model_id": "{{model}}", "name": "n"}""")).Text("id");

        var problem = await silo.Client.Expect(HttpStatusCode.UnprocessableEntity, HttpMethod.Patch, $"/api/mlops/deployments/{id}", body);

        Assert.Equal(pointer, problem.GetProperty("errors")[0].Text("pointer"));
    }

    [Fact]
    public async Task Canaries_AreShownWithTheShareThatEachGets()
    {
        var (project, model) = await Model("canaries");
        var production = (await Create(project, $$"""{"model_id": "{{model}}", "name": "p", "stage": "production"}""")).Text("id");
        var first = await Create(project, $$"""{"model_id": "{{model}}", "name": "a", "config": {"canary": true, "traffic_percent": 30} }""");
        Approved.Same("canary", Scrub.Of(first));
        var second = (await Create(project, $$"""{"model_id": "{{model}}", "name": "b", "traffic_percent": 5}""")).Text("id");

        Assert.Equal([0, 30, 70], await Shares(project));
        Assert.Equal(5, (await Patch(second, """{"canary": true}""")).GetProperty("effective_traffic_percent").GetInt32());
        Assert.Equal([5, 30, 65], await Shares(project));
        Assert.Equal(65, (await silo.Client.Get($"/api/mlops/deployments/{production}")).GetProperty("deployment").GetProperty("effective_traffic_percent").GetInt32());
        Assert.Equal(90, (await Patch(first.Text("id"), """{"traffic_percent": 90}""")).GetProperty("effective_traffic_percent").GetInt32());
        Assert.Equal([5, 90, 5], await Shares(project));
        await Patch(first.Text("id"), """{"canary": null}""");
        Assert.Equal([5, 0, 95], await Shares(project));

        var promoted = await silo.Client.Post($"/api/mlops/deployments/{second}/promote", """{"to_stage": "production"}""");

        Assert.Equal((false, 5, 100), (promoted.GetProperty("canary").GetBoolean(), promoted.GetProperty("traffic_percent").GetInt32(), promoted.GetProperty("effective_traffic_percent").GetInt32()));
        Assert.Equal([100, 0, 0], await Shares(project));
    }

    [Fact]
    public async Task CanariesOverNinetyNinePercent_AreRefusedNamingTheSum()
    {
        var (project, model) = await Model("too-many-canaries");
        await Create(project, $$"""{"model_id": "{{model}}", "name": "a", "canary": true, "traffic_percent": 60}""");
        var small = (await Create(project, $$"""{"model_id": "{{model}}", "name": "b", "canary": true, "traffic_percent": 39}""")).Text("id");

        var created = await silo.Client.Post(
            $"/api/mlops/projects/{project}/deployments", $$"""{"model_id": "{{model}}", "name": "c", "canary": true, "traffic_percent": 2}""", HttpStatusCode.Conflict);
        var raised = await silo.Client.Expect(HttpStatusCode.Conflict, HttpMethod.Patch, $"/api/mlops/deployments/{small}", """{"traffic_percent": 40}""");

        Assert.Equal("canary_shares_exceeded", created.Text("code"));
        Assert.Contains("101 percent", created.Text("detail"), StringComparison.Ordinal);
        Assert.Contains("100 percent", raised.Text("detail"), StringComparison.Ordinal);
        Assert.Equal(2, (await silo.Client.Get($"/api/mlops/projects/{project}/deployments")).GetProperty("total").GetInt32());
        Assert.Equal(39, (await silo.Client.Get($"/api/mlops/deployments/{small}")).GetProperty("deployment").GetProperty("traffic_percent").GetInt32());
    }

    [Fact]
    public async Task Canary_OfAnotherStage_IsRefused()
    {
        var (project, model) = await Model("canary-stages");
        var id = (await Create(project, $$"""{"model_id": "{{model}}", "name": "p", "stage": "production", "traffic_percent": 10}""")).Text("id");

        var production = await silo.Client.Expect(HttpStatusCode.Conflict, HttpMethod.Patch, $"/api/mlops/deployments/{id}", """{"canary": true}""");
        await silo.Client.Post($"/api/mlops/deployments/{id}/deactivate");
        var archived = await silo.Client.Expect(HttpStatusCode.Conflict, HttpMethod.Patch, $"/api/mlops/deployments/{id}", """{"canary": true}""");

        Assert.Contains("production", production.Text("detail"), StringComparison.Ordinal);
        Assert.Contains("archived", archived.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnknownProject_Is404()
    {
        var (_, model) = await Model("known");
        await silo.Client.Post($"/api/mlops/projects/{Guid.Empty}/deployments", $$"""{"model_id": "{{model}}", "name": "n"}""", HttpStatusCode.NotFound);
        await silo.Client.Expect(HttpStatusCode.NotFound, HttpMethod.Get, $"/api/mlops/projects/{Guid.Empty}/deployments");
    }

    private async Task<(string Project, string Model)> Model(string name)
    {
        var project = await ModelFixture.Project(silo.Client, name);
        var (status, answer) = await fixture.Register(silo.Client, project, fixture.Metadata.ToJsonString());
        Assert.True(status == HttpStatusCode.Created, answer.ToString());
        return (project, answer.Text("id"));
    }

    private async Task<IEnumerable<int>> Shares(string project) =>
        (await silo.Client.Get($"/api/mlops/projects/{project}/deployments")).GetProperty("items").EnumerateArray().Select(item => item.GetProperty("effective_traffic_percent").GetInt32());

    private Task<JsonElement> Create(string project, string body) => silo.Client.Post($"/api/mlops/projects/{project}/deployments", body, HttpStatusCode.Created);

    private Task<JsonElement> Patch(string id, string body) => silo.Client.Expect(HttpStatusCode.OK, HttpMethod.Patch, $"/api/mlops/deployments/{id}", body);
}
