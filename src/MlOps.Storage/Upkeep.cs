using System.Data.Common;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MlOps.Models;

namespace MlOps;

/// <summary>Takes away what nobody needs any more: at start, every hour, and when models have been deleted.</summary>
internal sealed partial class Upkeep(FileSweep sweep, IIdempotencyStore idempotency, TimeProvider time, ILogger<Upkeep> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Not on the thread that starts the host.
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            var pause = await Once(stoppingToken) ? Every : AfterFailure;
            using var tick = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            await Task.WhenAny(Task.Delay(pause, time, tick.Token), sweep.Woken(tick.Token));
            await tick.CancelAsync();
        }
    }

    private async Task<bool> Once(CancellationToken stopping)
    {
        try
        {
            await idempotency.Purge(time.GetUtcNow() - IdempotencyStore.Kept, stopping);
            await sweep.Sweep(stopping);
            return true;
        }
        catch (Exception cause) when (cause is DbException or MlOpsException)
        {
            LogFailed(logger, cause);
            return false;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // What is left is taken away after the next start.
            return true;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Old rows could not be taken away; the next attempt is in a minute")]
    private static partial void LogFailed(ILogger logger, Exception cause);
}
