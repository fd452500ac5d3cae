using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using MlOps.Access;
using MlOps.OpenApi;
using MlOps.Requests;
using MlOps.Telemetry;
using Xunit;

namespace MlOps.Tests.Requests;

public sealed class RoutesTests
{
    [Fact]
    public async Task Calls_MoreThanMayBeInFlight_AreRefusedUntilOneEnds()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        await using var app = builder.Build();
        var end = new TaskCompletionSource();
        new Routes(app, new HttpInstruments(app.Services.GetRequiredService<IMeterFactory>()), TimeSpan.FromMinutes(1), mostCalls: 2).Get("/slow", Scope.Read, _ => end.Task, new Operation("slow", "Slow", Schema.Any));
        var endpoint = Assert.Single(((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints)).RequestDelegate!;
        Task[] running = [endpoint(new DefaultHttpContext()), endpoint(new DefaultHttpContext())];

        var refused = await Assert.ThrowsAsync<MlOpsException>(() => endpoint(new DefaultHttpContext()));

        Assert.Equal(ErrorCode.Overloaded, refused.Code);
        end.SetResult();
        await Task.WhenAll(running);
        await endpoint(new DefaultHttpContext());
    }
}
