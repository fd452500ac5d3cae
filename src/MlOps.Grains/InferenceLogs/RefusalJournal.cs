using Microsoft.Extensions.Hosting;

namespace MlOps.InferenceLogs;

/// <summary>Journals every second how many requests were turned away.</summary>
internal sealed class RefusalJournal(RefusalCounts counts, TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await timer.WaitForNextTickAsync(stoppingToken);
                await counts.Write(all: false);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        await counts.Write(all: true);
    }
}
