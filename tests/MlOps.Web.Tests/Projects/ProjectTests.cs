using System.Net;
using Xunit;

namespace MlOps.Tests.Projects;

public sealed class ProjectTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    [Fact]
    public async Task Answers_AreAsApproved()
    {
        var created = await silo.Client.Post("/api/projects", """{"name": "shape", "description": "of answers"}""", HttpStatusCode.Created);
        var id = created.Text("project_id");
        Assert.Equal(id, created.Text("id"));
        Approved.Same("created", Scrub.Of(created));
        Approved.Same("single", Scrub.Of(await silo.Client.Get($"/api/projects/{id}")));
        Approved.Same("list", Scrub.Of(await silo.Client.Get("/api/projects?search=OF+ANSWERS&limit=1")));
        Approved.Same("updated", Scrub.Of(await silo.Client.Expect(HttpStatusCode.OK, HttpMethod.Put, $"/api/projects/{id}", """{"name": "renamed"}""")));
        Approved.Same("timeline_empty", Scrub.Of(await silo.Client.Get($"/api/projects/{id}/timeline")));
        Approved.Same("deleted", Scrub.Of(await silo.Client.Expect(HttpStatusCode.OK, HttpMethod.Delete, $"/api/projects/{id}")));
        await silo.Client.Expect(HttpStatusCode.NotFound, HttpMethod.Get, $"/api/projects/{id}");
        await silo.Client.Expect(HttpStatusCode.NotFound, HttpMethod.Get, $"/api/projects/{id}/timeline");
        await silo.Client.Expect(HttpStatusCode.NotFound, HttpMethod.Delete, $"/api/projects/{id}");
    }

    [Fact]
    public async Task Update_LeavesAnAbsentDescription_AndNullRemovesIt()
    {
        var id = (await silo.Client.Post("/api/projects", """{"name": "a", "description": "kept"}""", HttpStatusCode.Created)).Text("id");

        Assert.Equal("kept", (await Put(id, """{"name": "b"}""")).GetProperty("project").Text("description"));
        Assert.Equal(System.Text.Json.JsonValueKind.Null, (await Put(id, """{"name": "b", "description": null}""")).GetProperty("project").GetProperty("description").ValueKind);
    }

    [Fact]
    public async Task Lists_AreSortedAndPagedAsAsked()
    {
        foreach (var name in new[] { "sort-b", "sort-c", "sort-a" })
        {
            await ModelFixture.Project(silo.Client, name);
        }

        Assert.Equal(["sort-a", "sort-b", "sort-c"], await Names("sort_field=name&sort_direction=asc"));
        Assert.Equal(["sort-a", "sort-c", "sort-b"], await Names("sort_field=created_at"));
        Assert.Equal(["sort-b"], await Names("sort_field=name&sort_direction=asc&limit=1&offset=1"));
    }

    [Theory]
    [InlineData("{}", "/name")]
    [InlineData("""{"name": ""}""", "/name")]
    [InlineData("""{"name": " \t"}""", "/name")]
    [InlineData("""{"name": null}""", "/name")]
    [InlineData("""{"name": "x", "descripton": "typo"}""", "/descripton")]
    [InlineData("""{"name": "x", "description": 5}""", "/description")]
    public async Task WrongBody_IsRefused(string body, string pointer)
    {
        var problem = await silo.Client.Post("/api/projects", body, HttpStatusCode.UnprocessableEntity);

        Assert.Equal(pointer, problem.GetProperty("errors")[0].Text("pointer"));
    }

    [Fact]
    public async Task Name_MayHave200Characters()
    {
        await silo.Client.Post("/api/projects", $$"""{"name": "{{new string('n', 200)}}"}""", HttpStatusCode.Created);
        await silo.Client.Post("/api/projects", $$"""{"name": "{{new string('n', 201)}}"}""", HttpStatusCode.UnprocessableEntity);
    }

    private Task<System.Text.Json.JsonElement> Put(string id, string body) => silo.Client.Expect(HttpStatusCode.OK, HttpMethod.Put, $"/api/projects/{id}", body);

    private async Task<IEnumerable<string>> Names(string query) =>
        (await silo.Client.Get($"/api/projects?search=SORT-&{query}")).GetProperty("items").EnumerateArray().Select(item => item.Text("name"));
}
