using MlOps.Deployments;

namespace MlOps.Predictions;

/// <summary>A deployment's place on this silo: its replica when it is loaded, its load when it is under way, its failure when it failed.</summary>
internal sealed class ReplicaSlot(Deployment deployment)
{
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private Deployment deployment = deployment;
    private Replica? replica;
    private Task<Replica>? loading;
    private MlOpsException? failure;
    private long failedAt;
    private long? triedBehind;
    private bool closed;
    private string? reported;

    public Deployment Deployment => Volatile.Read(ref deployment);

    /// <summary>The loaded replica, held for the caller; null when there is none.</summary>
    public Replica? Hold() => Volatile.Read(ref replica) is { } loaded && loaded.TryHold() ? loaded : null;

    public bool IsLoaded => Volatile.Read(ref replica) is not null;

    /// <summary>
    /// Whether a load that nobody waits for may begin: nothing is loaded or under way, the model's failure is not younger than <paramref name="retry"/>,
    /// and the last attempt, however it ended, not younger than a second.
    /// </summary>
    public bool MayLoadBehind(TimeSpan retry, TimeProvider time)
    {
        lock (gate)
        {
            if (closed || replica is not null || loading is { IsCompleted: false } || (failure is not null && time.GetElapsedTime(failedAt) < retry)
                || (triedBehind is { } last && time.GetElapsedTime(last) < BetweenAttempts))
            {
                return false;
            }

            triedBehind = time.GetTimestamp();
            return true;
        }
    }

    public void Update(Deployment now)
    {
        Volatile.Write(ref deployment, now);
        Volatile.Read(ref replica)?.Update(now);
    }

    /// <summary>The load under way, or a new one; a recent failure is thrown again.</summary>
    /// <param name="retry">Time after a failure before it is tried again.</param>
    /// <exception cref="MlOpsException">The load failed less than <paramref name="retry"/> ago.</exception>
    public Task<Replica> Load(Func<Task<Replica>> load, TimeSpan retry, TimeProvider time)
    {
        lock (gate)
        {
            if (loading is { IsCompleted: false })
            {
                return loading;
            }

            // It came between the caller's look and now.
            if (replica is { } ready)
            {
                return Task.FromResult(ready);
            }

            if (failure is not null && time.GetElapsedTime(failedAt) < retry)
            {
                throw new MlOpsException(failure.Code, failure.Message, failure.Faults, failure);
            }

            reported = null;
            return loading = Track(load, time);
        }
    }

    /// <summary>Takes over a replica that was loaded and tried before the switch, at once.</summary>
    public void Adopt(Replica ready)
    {
        ready.Update(Deployment);
        ready.Enter(this);
        Replica? unused;
        lock (gate)
        {
            failure = closed ? failure : null;
            unused = closed ? ready : replica;
            replica = closed ? null : ready;
        }

        unused?.Retire();
    }

    /// <summary>Takes a replica out of service for a reason.</summary>
    public void Fail(Replica failed, MlOpsException reason, TimeProvider time)
    {
        lock (gate)
        {
            if (replica != failed)
            {
                return;
            }

            replica = null;
            (failure, failedAt) = (reason, time.GetTimestamp());
        }

        failed.Retire();
    }

    /// <summary>Takes a replica out of memory; the next request loads it again. False when it is not here any more.</summary>
    public bool Unload(Replica unused)
    {
        lock (gate)
        {
            if (replica != unused)
            {
                return false;
            }

            replica = null;
        }

        unused.Retire();
        return true;
    }

    /// <summary>Whether the deployment's grain is still to be told of this failure, or of its end: once for each load, however many requests meet it.</summary>
    public bool ShouldReport(string? now)
    {
        lock (gate)
        {
            var first = reported != (now ?? "");
            reported = now ?? "";
            return first;
        }
    }

    /// <summary>The deployment is not served any more.</summary>
    public void Close()
    {
        Replica? retired;
        lock (gate)
        {
            closed = true;
            retired = replica;
            replica = null;
        }

        retired?.Retire();
    }

    private async Task<Replica> Track(Func<Task<Replica>> load, TimeProvider time)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            var loaded = await load();
            loaded.Update(Deployment);
            loaded.Enter(this);
            Replica? before;
            bool late;
            lock (gate)
            {
                late = closed;
                failure = null;
                before = replica;
                replica = late ? null : loaded;
            }

            before?.Retire();
            if (late)
            {
                loaded.Retire();
                throw new MlOpsException(ErrorCode.DeploymentStateConflict, "The deployment went out of service while its model was loaded.");
            }

            return loaded;
        }
        catch (MlOpsException failed) when (IsOfTheModel(failed))
        {
            lock (gate)
            {
                (failure, failedAt) = (failed, time.GetTimestamp());
            }

            throw;
        }
    }

    // What a later attempt may well bring another end to, a full disk too, is not held against the model.
    private static bool IsOfTheModel(MlOpsException failed) =>
        !failed.IsStorageFault() && failed.Code is not (ErrorCode.ModelLoading or ErrorCode.Overloaded or ErrorCode.Busy or ErrorCode.NotServing);
}
