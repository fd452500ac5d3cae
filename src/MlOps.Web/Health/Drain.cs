using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace MlOps.Health;

/// <summary>The time between being told to stop and refusing connections: not ready any more, but everything is still answered.</summary>
internal sealed partial class Drain(IOptions<HttpOptions> options, DrainMode mode, TimeProvider time, ILogger<Drain> log) : IHostedLifecycleService
{
    private volatile bool draining;
    private volatile bool started;

    public bool IsDraining => draining;

    /// <summary>Whether everything that the host starts has started.</summary>
    public bool IsStarted => started;

    /// <summary>While draining every answer asks its client to connect anew, elsewhere.</summary>
    public Task CloseConnections(HttpContext context, RequestDelegate next)
    {
        if (draining)
        {
            context.Response.OnStarting(static state =>
            {
                ((HttpResponse)state).Headers.Connection = "close";
                return Task.CompletedTask;
            }, context.Response);
        }

        return next(context);
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        started = true;
        return Task.CompletedTask;
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        draining = true;
        var wait = mode.Alone ? TimeSpan.Zero : TimeSpan.FromSeconds(options.Value.DrainSeconds);
        LogDraining(wait.TotalSeconds);
        await Task.Delay(wait, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>Whether there are other silos that a load balancer could turn to.</summary>
internal sealed record DrainMode(bool Alone);
