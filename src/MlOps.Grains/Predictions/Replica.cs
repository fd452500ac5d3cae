using Microsoft.Extensions.Options;
using MlOps.Contributions;
using MlOps.Deployments;
using MlOps.Models;

namespace MlOps.Predictions;

/// <summary>A deployment's loaded copy on this silo. Counted: the model is given back when it has been retired and the last run over it ended.</summary>
internal sealed class Replica(
    Deployment deployment, TriedModel tried, RunExecutor executor, ModelMemory memory, TimeProvider time, IOptions<PredictionOptions> options, Action<Replica> overran) : IReplica
{
    private const int ForgivenOverruns = 1;

    private readonly TimeSpan limit = TimeSpan.FromSeconds(options.Value.TimeoutSeconds);
    private Deployment current = deployment;
    private long lastUsed = memory.Tick;
    private int holders = 1;
    private int overruns;

    public Deployment Deployment => Volatile.Read(ref current);

    public RegisteredModel Model => tried.Model;

    public string DeploymentText { get; } = deployment.Id.ToString();

    public string ModelText { get; } = tried.Model.Id.ToString();

    public PredictionPlan Plan => tried.Plan;

    public InFlight InFlight { get; } = new();

    /// <summary>The <see cref="ModelMemory.Tick"/> of the last request.</summary>
    public long LastUsed => Volatile.Read(ref lastUsed);

    public bool IsInUse => Volatile.Read(ref holders) > 1;

    public bool IsRetired { get; private set; }

    /// <summary>One that was loaded for a change which is not made yet stays.</summary>
    public bool CanUnload => Place is not null && !IsRetired;

    /// <summary>Whether requests come to it by the project's address.</summary>
    public bool TakesTraffic => Deployment.Stage == Stage.Production || Deployment.Spec.Canary;

    public long SharedBytes => tried.Loaded.SharedBytes;

    public long OwnBytes => tried.OwnBytes;

    /// <summary>Where it serves; null while it was only loaded for a change.</summary>
    public ReplicaSlot? Place { get; private set; }

    /// <summary>Serves in this place from now on.</summary>
    public void Enter(ReplicaSlot slot) => Place = slot;

    /// <summary>Leaves its place; the next request loads it again. False when it has left already.</summary>
    public bool Unload() => Place?.Unload(this) ?? false;

    /// <summary>Lets go of what is only kept to make the next run faster.</summary>
    public void Trim()
    {
        if (TryHold(stamp: false))
        {
            tried.Plan.Trim();
            tried.Loaded.Trim();
            Release();
        }
    }

    /// <summary>Takes the deployment's settings as they are now.</summary>
    public void Update(Deployment deployment) => Volatile.Write(ref current, deployment);

    /// <summary>One more request over the replica; false when it has been given back.</summary>
    public bool TryHold() => TryHold(stamp: true);

    public void Release()
    {
        if (Interlocked.Decrement(ref holders) == 0)
        {
            tried.Dispose();
            memory.Remove(this);
        }
    }

    /// <summary>No further requests: what runs now ends, then the model is given back.</summary>
    public void Retire()
    {
        IsRetired = true;
        Release();
    }

    public ValueTask Run(PredictionBatch batch, long admitted, CancellationToken cancellation)
    {
        ValueTask running;
        try
        {
            running = executor.Run(tried.Loaded, tried.Cost, batch, batch.Start(Remaining(admitted)));
        }
        catch (OperationCanceledException)
        {
            batch.Finish();
            throw Overran();
        }
        catch
        {
            batch.Finish();
            throw;
        }

        if (running.IsCompletedSuccessfully)
        {
            batch.Finish();
            return ValueTask.CompletedTask;
        }

        return new ValueTask(Wait(running, batch));
    }

    public async ValueTask<IExplaining> BeginExplaining(PredictionBatch batch, ContributionChoice choice, long admitted, CancellationToken cancellation)
    {
        MeasuredExplainer explainer;
        using (var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellation))
        {
            waiting.CancelAfter(Remaining(admitted));
            try
            {
                explainer = await tried.Explainer.Get(() => TryHold(stamp: false), Release, waiting.Token);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                throw new MlOpsException(ErrorCode.ModelLoading, "What explains this model is still being made ready. Send the request again in a moment.");
            }
        }

        var explaining = new Explaining(explainer, executor, batch, () => Remaining(admitted));
        explaining.Begin(choice.AllClasses);
        return explaining;
    }

    private bool TryHold(bool stamp)
    {
        var now = Volatile.Read(ref holders);
        while (now > 0)
        {
            var before = Interlocked.CompareExchange(ref holders, now + 1, now);
            if (before == now)
            {
                // Written once a tick only: the line is shared by all threads.
                if (stamp && lastUsed != memory.Tick)
                {
                    Volatile.Write(ref lastUsed, memory.Tick);
                }

                return true;
            }

            now = before;
        }

        return false;
    }

    private async Task Wait(ValueTask running, PredictionBatch batch)
    {
        try
        {
            await running;
        }
        catch (OperationCanceledException)
        {
            throw Overran();
        }
        finally
        {
            batch.Finish();
        }
    }

    private TimeSpan Remaining(long admitted)
    {
        var remaining = limit - time.GetElapsedTime(admitted);
        return remaining > TimeSpan.Zero ? remaining : TimeSpan.FromMilliseconds(1);
    }

    private MlOpsException Overran()
    {
        if (Interlocked.Increment(ref overruns) > ForgivenOverruns)
        {
            overran(this);
        }

        return new MlOpsException(ErrorCode.ModelTimeout, $"The model took longer than {limit.TotalSeconds:0.##} s. Send fewer rows in one call.");
    }
}
