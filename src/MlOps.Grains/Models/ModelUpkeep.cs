using Microsoft.Extensions.Hosting;
using MlOps.Predictions;

namespace MlOps.Models;

/// <summary>Looks after the memory of models between requests: holds them to their budget, empties the pools of idle ones, and gives back what unloading has freed.</summary>
internal sealed class ModelUpkeep(ModelMemory memory, PreparedReplicas prepared, IModelRuntime runtime, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // Giving back walks the whole heap: while models come and go it is done now and then, for the next load takes what the last one left.
    private const int PausesBetweenGivingBack = 10;
    private const int PausesBetweenTrims = 30;

    // Fewer leave too little behind on the managed heap to be worth a collection.
    private const int UnloadedWorthCollecting = 50;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, time);
        var (unloaded, sinceGivenBack, mark) = (0, 0, memory.Tick);
        for (var pause = 1L; await timer.Next(stoppingToken); pause++)
        {
            memory.Enforce();
            if (pause % PausesBetweenTrims == 0)
            {
                prepared.DropStale();
                memory.Trim(mark);
                mark = memory.Tick;
            }

            var now = memory.TakeUnloaded();
            unloaded += now;
            if (unloaded > 0 && (now == 0 || sinceGivenBack >= PausesBetweenGivingBack))
            {
                if (unloaded >= UnloadedWorthCollecting)
                {
                    // Plans and signatures have grown old, and nothing else makes their generation be collected. In the background: nobody waits.
                    GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
                }

                await Task.Factory.StartNew(runtime.GiveBack, stoppingToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
                (unloaded, sinceGivenBack) = (0, 0);
            }

            sinceGivenBack++;
        }
    }
}
