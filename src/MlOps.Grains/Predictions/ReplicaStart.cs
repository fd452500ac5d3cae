using Microsoft.Extensions.Hosting;
using MlOps.Access;

namespace MlOps.Predictions;

/// <summary>Makes the silo ready when it has started: keys in memory; models load when they are asked for.</summary>
internal sealed class ReplicaStart(ReplicaHost host, KeyRing keys, DataFolder data) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        // Uploads that were under way when the process ended belong to nobody.
        if (Directory.Exists(data.Uploads))
        {
            Directory.Delete(data.Uploads, recursive: true);
        }

        Directory.CreateDirectory(data.Uploads);
        Directory.CreateDirectory(data.ModelCache);
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => keys.Refresh(0);

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        host.Start();
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        host.Drain();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
