using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using MlOps.Health;
using Xunit;

namespace MlOps.Tests.Health;

public sealed class DrainTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SiloThatIsAlone_DoesNotWait()
    {
        var drain = Drain(alone: true);
        await drain.StoppingAsync(Cancellation);

        Assert.True(drain.IsDraining);
    }

    [Fact]
    public async Task SiloAmongOthers_WaitsAndClosesConnections()
    {
        var drain = Drain(alone: false);
        Assert.Equal("", await ConnectionHeader(drain));
        using var enough = new CancellationTokenSource();

        var stopping = drain.StoppingAsync(enough.Token);

        Assert.False(stopping.IsCompleted);
        Assert.True(drain.IsDraining);
        Assert.Equal("close", await ConnectionHeader(drain));
        await enough.CancelAsync();
        await stopping;
    }

    private static Drain Drain(bool alone) =>
        new(Options.Create(new HttpOptions { DrainSeconds = 600 }), new DrainMode(alone), TimeProvider.System, NullLogger<Drain>.Instance);

    private static async Task<string> ConnectionHeader(Drain drain)
    {
        var context = new DefaultHttpContext();
        var response = new Started();
        context.Features.Set<IHttpResponseFeature>(response);
        await drain.CloseConnections(context, _ => response.Start());
        return context.Response.Headers.Connection.ToString();
    }

    /// <summary>Runs what is to run when a response starts.</summary>
    private sealed class Started : HttpResponseFeature
    {
        private readonly List<(Func<object, Task> Callback, object State)> starting = [];

        public override void OnStarting(Func<object, Task> callback, object state) => starting.Add((callback, state));

        public async Task Start()
        {
            foreach (var (callback, state) in starting)
            {
                await callback(state);
            }
        }
    }
}
