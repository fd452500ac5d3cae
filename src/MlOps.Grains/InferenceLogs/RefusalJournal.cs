using Microsoft.Extensions.Hosting;

namespace MlOps.InferenceLogs;

/// <summary>Journals every second how many requests were turned away.</summary>
internal sealed class RefusalJournal(RefusalCounts counts, TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
        while (await timer.Next(stoppingToken))
        {
            await counts.Write(all: false);
        }

        await counts.Write(all: true);
    }
}
