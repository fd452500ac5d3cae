using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MlOps.Metrics;

namespace MlOps.InferenceLogs;

/// <summary>Looks now and then through all the actuals that wait, and takes away those that have waited for too long.</summary>
internal sealed partial class FeedbackPass(FeedbackJoin join, IFeedbackStore store, TimeProvider time, ILogger<FeedbackPass> log) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Not on the thread that starts the host.
        await Task.Yield();
        using var timer = new PeriodicTimer(Every, time);
        do
        {
            try
            {
                await join.JoinAll(stoppingToken);
                while (await store.Purge(time.GetUtcNow() - Kept, stoppingToken))
                {
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The next pass does it; a pass may not end the silo.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                LogFailed(failure);
            }
        }
        while (await Next(timer, stoppingToken));
    }

    private static async Task<bool> Next(PeriodicTimer timer, CancellationToken stopping)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Actuals that wait for their rows could not be looked through; the next pass is in a minute")]
    private partial void LogFailed(Exception cause);
}
