using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MlOps.Deployments;
using MlOps.Models;

namespace MlOps.Predictions;

/// <summary>Brings replicas into memory and into their slots, and tells what came of it.</summary>
internal sealed partial class ReplicaLoads(
    ModelLoader loader,
    RunExecutor executor,
    ModelMemory memory,
    IGrainFactory grains,
    TimeProvider time,
    IOptions<ModelOptions> models,
    IOptions<PredictionOptions> predictions,
    ILogger<ReplicaLoads> log)
{
    private readonly TimeSpan retry = TimeSpan.FromSeconds(models.Value.RetrySeconds);

    /// <param name="change">A change waits for it: tried even after it ended two starts in a row.</param>
    /// <exception cref="MlOpsException">424, or 503 when it cannot be tried now.</exception>
    public async Task<Replica> Load(Deployment deployment, bool change, CancellationToken cancellation)
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

    /// <summary>The slot's replica, held for the caller, after its load; null when it went out of service meanwhile.</summary>
    /// <exception cref="MlOpsException">424, or 503 when it takes longer than a request may wait.</exception>
    public async Task<Replica?> Hold(ReplicaSlot slot, CancellationToken cancellation)
    {
        var deployment = slot.Deployment;
        try
        {
            var loading = slot.Load(() => Load(deployment, change: false, CancellationToken.None), retry, time);
            var replica = await loading.WaitAsync(TimeSpan.FromSeconds(models.Value.WaitSeconds), time, cancellation);
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

    /// <summary>Loads a slot that nobody waits for, unless it failed a moment ago.</summary>
    public void Begin(ReplicaSlot slot)
    {
        if (slot.MayLoad(retry, time))
        {
            _ = HoldAndRelease(slot);
        }
    }

    private async Task HoldAndRelease(ReplicaSlot slot)
    {
        try
        {
            (await Hold(slot, CancellationToken.None))?.Release();
        }
        catch (MlOpsException failed)
        {
            // The slot keeps a model's fault until it is tried again, and the deployment's status tells it.
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "The canary {Deployment} is not loaded: {Reason}")]
    private partial void NotLoaded(DeploymentId deployment, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The canary {Deployment} is not loaded")]
    private partial void LoadBroke(Exception exception, DeploymentId deployment);
}
