using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace MlOps.Tests.OpenApi;

public sealed class ApiDocumentTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    [Fact]
    public async Task Document_IsAsApproved() => Approved.Same("v1", await silo.Client.Get("/openapi/v1.json"));

    [Fact]
    public async Task EveryEndpointUnderApi_IsDescribed()
    {
        var paths = (await silo.Client.Get("/openapi/v1.json")).GetProperty("paths");
        var served = silo.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText!.StartsWith("/api", StringComparison.Ordinal))
            .Select(endpoint => (Path: endpoint.RoutePattern.RawText!, Method: endpoint.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods.Except(["HEAD"]).Single().ToLowerInvariant()))
            .ToList();

        Assert.NotEmpty(served);
        Assert.All(served, endpoint => Assert.True(paths.GetProperty(endpoint.Path).TryGetProperty(endpoint.Method, out _), $"{endpoint}"));
    }

    [Fact]
    public async Task Operations_HaveTheirOwnIdsAndRefusals()
    {
        var operations = (await silo.Client.Get("/openapi/v1.json")).GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()).Select(method => method.Value).ToList();

        Assert.Distinct(operations.Select(operation => operation.Text("operationId")));
        Assert.All(operations.Where(operation => operation.TryGetProperty("security", out _)), operation =>
            Assert.Superset(new HashSet<string> { "401", "403", "405", "422", "500", "503" }, operation.GetProperty("responses").EnumerateObject().Select(response => response.Name).ToHashSet()));
    }

    [Fact]
    public async Task Page_NeedsNothingFromElsewhere()
    {
        using var client = silo.ClientWith(null);
        var page = await client.GetStringAsync("/docs/", TestContext.Current.CancellationToken);

        Assert.Contains("openapi/v1.json", page, StringComparison.Ordinal);
        Assert.DoesNotContain("://", page, StringComparison.Ordinal);
        var script = await client.GetStringAsync("/docs/scalar.js", TestContext.Current.CancellationToken);
        Assert.True(script.Length > 100_000);
    }

    [Fact]
    public async Task References_LeadSomewhere()
    {
        var document = await silo.Client.Get("/openapi/v1.json");
        var schemas = document.GetProperty("components").GetProperty("schemas").EnumerateObject().Select(schema => $"#/components/schemas/{schema.Name}").ToHashSet();

        Assert.All(References(document), reference => Assert.Contains(reference, schemas));
    }

    private static IEnumerable<string> References(JsonElement node) => node.ValueKind switch
    {
        JsonValueKind.Object => node.EnumerateObject().SelectMany(field => field.NameEquals("$ref") ? [field.Value.GetString()!] : References(field.Value)),
        JsonValueKind.Array => node.EnumerateArray().SelectMany(References),
        _ => [],
    };
}
