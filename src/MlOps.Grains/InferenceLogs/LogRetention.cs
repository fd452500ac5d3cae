using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MlOps.Projects;

namespace MlOps.InferenceLogs;

/// <summary>Takes away, a little at a time, rows and windows that are too old, and all that deleted projects have left.</summary>
internal sealed partial class LogRetention(
    IInferenceStore store, IProjectStore projects, IOptions<InferenceLogOptions> options, TimeProvider time, ILogger<LogRetention> log) : BackgroundService
{
    /// <summary>Windows take little, and a year is compared with the one before.</summary>
    public const int WindowDays = 400;

    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan BetweenSteps = TimeSpan.FromMilliseconds(50);

    /// <summary>One whole pass.</summary>
    public async Task Sweep(CancellationToken cancellation)
    {
        foreach (var left in (await store.Deployments(null, cancellation)).GroupBy(deployment => deployment.Project))
        {
            if (await projects.Find(left.Key, cancellation) is not null)
            {
                continue;
            }

            foreach (var deployment in left)
            {
                while (await store.Forget(deployment.Id, cancellation))
                {
                    await Task.Delay(BetweenSteps, time, cancellation);
                }
            }
        }

        var now = time.GetUtcNow();
        while (await store.Retain(now.AddDays(-options.Value.RetentionDays), now.AddDays(-WindowDays), cancellation))
        {
            await Task.Delay(BetweenSteps, time, cancellation);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await timer.WaitForNextTickAsync(stoppingToken);
                await Sweep(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // What is left is taken away a minute later; a sweep may not end the silo.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                LogFailed(failure);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Old rows of the log could not be taken away; the next attempt is in a minute")]
    private partial void LogFailed(Exception cause);
}
