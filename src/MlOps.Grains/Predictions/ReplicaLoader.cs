using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MlOps.Deployments;
using MlOps.Models;

namespace MlOps.Predictions;

/// <summary>Brings replicas to their places, ahead of a change, for a request that waits within a limit, or behind requests that others answer meanwhile.</summary>
internal sealed partial class ReplicaLoader(
    ModelLoader loader,
    RunExecutor executor,
    ModelMemory memory,
    ModelInstruments instruments,
    IGrainFactory grains,
    TimeProvider time,
    IOptions<ModelOptions> models,
    IOptions<PredictionOptions> predictions,
    ILogger<ReplicaLoader> log)
{
    /// <summary>A replica that has no place yet.</summary>
    public async Task<Replica> Load(Deployment deployment, bool change, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        try
        {
            var replica = await LoadCounted(deployment, change, cancellation);
            instruments.Loaded(time.GetElapsedTime(began));
            return replica;
        }
        catch (Exception failure)
        {
            instruments.NotLoaded(failure);
            throw;
        }
    }

    /// <summary>The replica of a place, held for the caller, by the load under way or a new one. Null when it has left again.</summary>
    /// <exception cref="MlOpsException">424 for a model that fails, 503 when the load takes longer than a request waits.</exception>
    public Task<Replica?> Into(ReplicaSlot slot, CancellationToken cancellation) => Into(slot, TimeSpan.FromSeconds(models.Value.WaitSeconds), cancellation);

    /// <summary>Begins to load the replica of a place, unless that is under way or failed a moment ago. Nobody waits for it.</summary>
    public void Behind(ReplicaSlot slot)
    {
        if (slot.MayLoadBehind(TimeSpan.FromSeconds(models.Value.RetrySeconds), time))
        {
            _ = LoadBehind(slot);
        }
    }

    private async Task<Replica> LoadCounted(Deployment deployment, bool change, CancellationToken cancellation)
    {
        var tried = await loader.Load(deployment.Spec.Model, change, cancellation);
        var replica = new Replica(deployment, tried, executor, memory, time, predictions, FailOverrunning);
        try
        {
            memory.Add(replica);
            return replica;
        }
        catch
        {
            replica.Retire();
            throw;
        }
    }

    private async Task<Replica?> Into(ReplicaSlot slot, TimeSpan longest, CancellationToken cancellation)
    {
        var deployment = slot.Deployment;
        try
        {
            var loading = slot.Load(() => Load(deployment, change: false, CancellationToken.None), TimeSpan.FromSeconds(models.Value.RetrySeconds), time);
            var replica = await loading.WaitAsync(longest, time, cancellation);
            if (deployment.Failure is not null)
            {
                Report(slot, null);
            }

            return replica.TryHold() ? replica : null;
        }
        catch (MlOpsException failed) when (failed.Code is ErrorCode.ModelError or ErrorCode.ModelTimeout or ErrorCode.OutputNotFinite)
        {
            if (deployment.Failure != failed.Message)
            {
                Report(slot, failed.Message);
            }

            throw;
        }
        catch (TimeoutException)
        {
            throw LoadGate.Refusal($"The model of '{deployment.Spec.Name}' is still being loaded.");
        }
    }

    private async Task LoadBehind(ReplicaSlot slot)
    {
        try
        {
            (await Into(slot, Timeout.InfiniteTimeSpan, CancellationToken.None))?.Release();
        }
        catch (MlOpsException failed)
        {
            // The place keeps a model's fault until it is tried again, and the deployment's status tells it.
            NotLoaded(slot.Deployment.Id, failed.Message);
        }
        catch (Exception failed)
        {
            LoadBroke(failed, slot.Deployment.Id);
        }
    }

    private void FailOverrunning(Replica replica)
    {
        var reason = new MlOpsException(ErrorCode.ModelTimeout, "The model took longer than its time limit twice, and is out of service for a minute.");
        if (replica.Place is { } slot)
        {
            slot.Fail(replica, reason, time);
            Report(slot, reason.Message);
        }
    }

    private void Report(ReplicaSlot slot, string? failure)
    {
        if (slot.ShouldReport(failure))
        {
            grains.GetGrain<IDeploymentGrain>(slot.Deployment.Id.Value).ReportFailure(failure).Ignore();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Deployment {Deployment} is not loaded: {Reason}")]
    private partial void NotLoaded(DeploymentId deployment, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Deployment {Deployment} is not loaded")]
    private partial void LoadBroke(Exception exception, DeploymentId deployment);
}
