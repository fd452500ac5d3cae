using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using MlOps.Errors;
using MlOps.Telemetry;
using Xunit;

namespace MlOps.Tests.Errors;

public sealed class UnroutedRequestsTests : IDisposable
{
    private readonly ReadMeters meters = new();
    private readonly HttpInstruments instruments;

    public UnroutedRequestsTests() => instruments = new(meters);

    public void Dispose() => meters.Dispose();

    [Fact]
    public async Task UnknownPath_IsCountedUnderItsCode()
    {
        foreach (var path in new[] { "/nothing", "/api/nothing", $"/{new string('x', 300)}" })
        {
            Assert.Equal(404, await Answer(null, path, 200));
        }

        Assert.Equal(3, Refusals["not_found"]);
        Assert.Equal(3, Refusals.Values.Sum());
    }

    [Theory]
    [InlineData(405, 1)]
    [InlineData(415, 0)]
    public async Task AnswerOfRouting_IsCountedWhereItIsOurs(int status, int counted)
    {
        Assert.Equal(status, await Answer(new Endpoint(null, null, "405 HTTP Method Not Supported"), "/api/projects", status));

        Assert.Equal(counted, Refusals["method_not_allowed"]);
        Assert.Equal(counted, Refusals.Values.Sum());
    }

    [Fact]
    public async Task RoutedRequest_IsItsEndpoints()
    {
        Assert.Equal(405, await Answer(new RouteEndpoint(_ => Task.CompletedTask, RoutePatternFactory.Parse("/x"), 0, null, null), "/x", 405));

        Assert.Equal(0, Refusals.Values.Sum());
    }

    private Dictionary<string, double> Refusals => meters.Read("mlops.http.refusals");

    private async Task<int> Answer(Endpoint? endpoint, string path, int status)
    {
        var context = new DefaultHttpContext { Request = { Method = "GET", Path = path }, Response = { Body = new MemoryStream() } };
        context.SetEndpoint(endpoint);
        await new UnroutedRequests(instruments, Next).Invoke(context);
        return context.Response.StatusCode;

        Task Next(HttpContext next)
        {
            next.Response.StatusCode = status;
            return Task.CompletedTask;
        }
    }
}
