using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Time.Testing;
using MlOps.Access;
using MlOps.OpenApi;
using MlOps.Requests;
using MlOps.Telemetry;
using Xunit;

namespace MlOps.Tests.Requests;

public sealed class RoutesTests : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(1);

    private readonly ReadMeters meters = new();
    private readonly FakeTimeProvider time = new();

    public void Dispose() => meters.Dispose();

    [Fact]
    public async Task Calls_MoreThanMayBeInFlight_AreRefusedUntilOneEnds()
    {
        await using var app = App();
        var end = new TaskCompletionSource();
        var endpoint = Mapped(app, _ => end.Task);
        Task[] running = [endpoint(new DefaultHttpContext()), endpoint(new DefaultHttpContext())];

        var refused = await Assert.ThrowsAsync<MlOpsException>(() => endpoint(new DefaultHttpContext()));

        Assert.Equal(ErrorCode.Overloaded, refused.Code);
        end.SetResult();
        await Task.WhenAll(running);
        await endpoint(new DefaultHttpContext());
    }

    [Fact]
    public async Task Call_ThatEnds_IsTimedHoweverItEnds()
    {
        await using var app = App();
        var endpoint = Mapped(app, context =>
        {
            time.Advance(TimeSpan.FromSeconds(3));
            return context.Request.Method == "GET" ? Task.CompletedTask : throw new MlOpsException(ErrorCode.Busy, "Not now.");
        });

        await endpoint(new DefaultHttpContext { Request = { Method = "GET" } });
        await Assert.ThrowsAsync<MlOpsException>(() => endpoint(new DefaultHttpContext { Request = { Method = "POST" } }));

        Assert.Equal((2, 6.0), meters.Recorded("mlops.http.call.duration"));
    }

    [Fact]
    public async Task Call_ThatTakesTooLong_IsEnded()
    {
        await using var app = App();
        var endpoint = Mapped(app, context => Task.Delay(System.Threading.Timeout.Infinite, context.RequestAborted));
        var context = new DefaultHttpContext();
        var call = endpoint(context);
        time.Advance(Timeout - TimeSpan.FromTicks(1));
        Assert.False(call.IsCompleted);

        time.Advance(TimeSpan.FromTicks(1));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        // The caller is still there: he gets an answer.
        Assert.False(context.RequestAborted.IsCancellationRequested);
    }

    private static WebApplication App()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        return builder.Build();
    }

    private RequestDelegate Mapped(WebApplication app, RequestDelegate handler)
    {
        new Routes(app, new HttpInstruments(meters), time, Timeout, mostCalls: 2).Get("/call", Scope.Read, handler, new Operation("call", "Call", Schema.Any));
        return Assert.Single(((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints)).RequestDelegate!;
    }
}
