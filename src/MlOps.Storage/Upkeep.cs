using System.Data.Common;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MlOps.Models;

namespace MlOps;

/// <summary>Takes away what nobody needs any more: at start, every hour, and when models have been deleted.</summary>
internal sealed partial class Upkeep(FileSweep sweep, IIdempotencyStore idempotency, TimeProvider time, ILogger<Upkeep> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Not on the thread that starts the host.
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            await Once(stoppingToken);
            using var tick = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            await Task.WhenAny(Task.Delay(Every, time, tick.Token), sweep.Woken(tick.Token));
            await tick.CancelAsync();
        }
    }

    private async Task Once(CancellationToken stopping)
    {
        try
        {
            await idempotency.Purge(time.GetUtcNow() - IdempotencyStore.Kept, stopping);
            await sweep.Sweep(stopping);
        }
        catch (Exception cause) when (cause is DbException or MlOpsException)
        {
            LogFailed(logger, cause);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // What is left is taken away after the next start.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Old rows could not be taken away; the next attempt is in an hour")]
    private static partial void LogFailed(ILogger logger, Exception cause);
}
