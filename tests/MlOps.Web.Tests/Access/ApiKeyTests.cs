using System.Net;
using System.Text.Json;
using Xunit;

namespace MlOps.Tests.Access;

public sealed class ApiKeyTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    private const string Path = "/api/auth/api-keys";

    [Fact]
    public async Task Created_IsAnsweredAsApproved_AndListedWithoutItsSecret()
    {
        var created = await Create("""{"name": "shape", "scopes": ["read", "predict"], "expires_at": "2099-01-01T00:00:00+01:00"}""");
        Approved.Same("created", Scrub.Of(created));

        var listed = (await silo.Client.Get(Path)).GetProperty("items").EnumerateArray().Single(item => item.Text("id") == created.Text("id"));
        Assert.False(listed.TryGetProperty("key", out _));
        Assert.Equal("2098-12-31T23:00:00Z", listed.Text("expires_at"));
    }

    [Fact]
    public async Task Deleted_IsRefusedAtOnce()
    {
        var created = await Create("""{"name": "gone", "scopes": ["read"]}""");
        using var client = silo.ClientWith(created.Text("key"));
        await client.Get("/api/projects");

        await silo.Client.Expect(HttpStatusCode.OK, HttpMethod.Delete, $"{Path}/{created.Text("id")}");

        await client.Expect(HttpStatusCode.Unauthorized, HttpMethod.Get, "/api/projects");
        await silo.Client.Expect(HttpStatusCode.NotFound, HttpMethod.Delete, $"{Path}/{created.Text("id")}");
    }

    [Fact]
    public async Task BootstrapKey_IsNotListedAndCannotBeDeleted()
    {
        Assert.DoesNotContain((await silo.Client.Get(Path)).GetProperty("items").EnumerateArray(), item => item.Text("id") == Guid.Empty.ToString());
        await silo.Client.Expect(HttpStatusCode.NotFound, HttpMethod.Delete, $"{Path}/{Guid.Empty}");
    }

    [Theory]
    [InlineData("{}", "/name", "/scopes")]
    [InlineData("""{"name": " ", "scopes": ["read"]}""", "/name")]
    [InlineData("""{"name": "x", "scopes": []}""", "/scopes")]
    [InlineData("""{"name": "x", "scopes": ["read", "read"]}""", "/scopes")]
    [InlineData("""{"name": "x", "scopes": ["Read"]}""", "/scopes")]
    [InlineData("""{"name": "x", "scopes": ["none"]}""", "/scopes")]
    [InlineData("""{"name": "x", "scopes": ["read, write"]}""", "/scopes")]
    [InlineData("""{"name": "x", "scopes": ["1"]}""", "/scopes")]
    [InlineData("""{"name": "x", "scopes": ["read"], "expires_at": "2001-01-01T00:00:00Z"}""", "/expires_at")]
    [InlineData("""{"name": "x", "scopes": ["read"], "project_id": "01890a5d-ac96-774b-bcce-b302099a8057"}""", "/project_id")]
    [InlineData("""{"name": "x", "scopes": ["read"], "project_id": "x"}""", "/project_id")]
    public async Task WrongBody_IsRefused(string body, params string[] pointers)
    {
        var problem = await silo.Client.Post(Path, body, HttpStatusCode.UnprocessableEntity);

        Assert.Equal(pointers, problem.GetProperty("errors").EnumerateArray().Select(error => error.Text("pointer")));
    }

    [Fact]
    public async Task BoundKey_ManagesTheKeysOfItsProjectOnly()
    {
        var mine = await ModelFixture.Project(silo.Client, "keys-mine");
        var theirs = await ModelFixture.Project(silo.Client, "keys-theirs");
        var bound = await Create($$"""{"name": "bound admin", "scopes": ["admin"], "project_id": "{{mine}}"}""");
        var other = await Create($$"""{"name": "other", "scopes": ["read"], "project_id": "{{theirs}}"}""");
        using var client = silo.ClientWith(bound.Text("key"));

        var inherited = await client.Post(Path, """{"name": "inherited", "scopes": ["read"]}""", HttpStatusCode.Created);
        Assert.Equal(mine, inherited.Text("project_id"));
        await client.Post(Path, $$"""{"name": "x", "scopes": ["read"], "project_id": "{{theirs}}"}""", HttpStatusCode.UnprocessableEntity);
        Assert.Equal(["bound admin", "inherited"], (await client.Get(Path)).GetProperty("items").EnumerateArray().Select(item => item.Text("name")).Order(StringComparer.Ordinal));
        await client.Expect(HttpStatusCode.NotFound, HttpMethod.Delete, $"{Path}/{other.Text("id")}");
        await client.Expect(HttpStatusCode.OK, HttpMethod.Delete, $"{Path}/{inherited.Text("id")}");
    }

    private Task<JsonElement> Create(string body) => silo.Client.Post(Path, body, HttpStatusCode.Created);
}
