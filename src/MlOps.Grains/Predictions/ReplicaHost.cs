using System.Collections.Concurrent;
using MlOps.Deployments;
using MlOps.Projects;

namespace MlOps.Predictions;

/// <summary>
/// The replicas of this silo. What a project serves is one immutable snapshot, replaced by a higher epoch only, so that a late or repeated
/// message never brings an old state back.
/// </summary>
internal sealed class ReplicaHost(IProjectStore projects, IDeploymentStore deployments, ReplicaLoader loader, PreparedReplicas prepared) : IReplicaHost
{
    private const int SwitchesInARow = 10;

    private readonly ConcurrentDictionary<ProjectId, ProjectRoutes> routes = new();
    private readonly ConcurrentDictionary<DeploymentId, ReplicaSlot> slots = new();
    private readonly ConcurrentDictionary<ProjectId, Task<ProjectRoutes>> learning = new();
    private readonly SlotDraw draw = new();
    private readonly Lock applying = new();
    private volatile bool draining;
    private volatile bool started;

    public bool IsReady => started && !draining;

    public void Start() => started = true;

    public void Drain() => draining = true;

    public ValueTask<ReplicaLease> Find(DeploymentId id, CancellationToken cancellation)
    {
        // The way of nearly every request: one look-up, one counter.
        if (slots.TryGetValue(id, out var slot) && slot.Hold() is { } replica)
        {
            return new ValueTask<ReplicaLease>(new ReplicaLease(replica, RouteReason.Direct));
        }

        return new ValueTask<ReplicaLease>(FindSlowly(id, RouteReason.Direct, cancellation));
    }

    public ValueTask<ReplicaLease> FindProduction(ProjectId project, string? routingKey, CancellationToken cancellation)
    {
        if (routes.TryGetValue(project, out var known) && known.Production is { } production)
        {
            var canary = known.Choose(project, routingKey, draw);
            if (canary is { } chosen && HoldCanary(chosen) is { } taken)
            {
                return new ValueTask<ReplicaLease>(new ReplicaLease(taken, RouteReason.Canary));
            }

            if (slots.TryGetValue(production, out var slot) && slot.Hold() is { } replica)
            {
                return new ValueTask<ReplicaLease>(new ReplicaLease(replica, InsteadOf(canary)));
            }
        }

        return new ValueTask<ReplicaLease>(FindProductionSlowly(project, routingKey, cancellation));
    }

    public int EffectiveTrafficPercent(Deployment deployment) =>
        routes.TryGetValue(deployment.Project, out var known) ? known.ShareOf(deployment.Id, IsLoaded) : deployment.Stage == Stage.Production ? 100 : 0;

    public Deployment? Known(DeploymentId id) => slots.TryGetValue(id, out var slot) ? slot.Deployment : null;

    public Deployment? KnownProduction(ProjectId project) => routes.TryGetValue(project, out var known) && known.Production is { } production ? Known(production) : null;

    /// <summary>Whether a deployment answers without a load, or will when its change is applied.</summary>
    public bool IsLoaded(DeploymentId id) => slots.TryGetValue(id, out var slot) && slot.IsLoaded || prepared.Contains(id);

    /// <summary>Loads and tries a deployment's model before it is switched to. Null when it answers, else why not.</summary>
    public async Task<MlOpsException?> Prepare(Deployment deployment, CancellationToken cancellation)
    {
        if (slots.TryGetValue(deployment.Id, out var slot) && slot.Hold() is { } serving)
        {
            serving.Release();
            return null;
        }

        try
        {
            prepared.Add(await loader.Load(deployment, change: true, cancellation));
            prepared.DropStale();
            return null;
        }
        catch (MlOpsException failed)
        {
            return failed;
        }
    }

    /// <summary>Takes a project's state, if it is newer than what is known; answers the epoch that this silo now serves.</summary>
    public long Apply(ProjectState state)
    {
        List<ReplicaSlot> gone = [];
        lock (applying)
        {
            if (routes.TryGetValue(state.Id, out var known) && !state.Edition.IsNewer(state.Epoch, known.Edition, known.Epoch))
            {
                return known.Epoch;
            }

            foreach (var deployment in state.Deployments)
            {
                slots.GetOrAdd(deployment.Id, _ => new ReplicaSlot(deployment)).Update(deployment);
            }

            // Before the routes lead there: the first request finds it loaded.
            AdoptPrepared(state);
            var now = ProjectRoutes.Of(state);
            routes[state.Id] = now;
            foreach (var id in known?.Deployments ?? [])
            {
                if (!now.Deployments.Contains(id) && slots.TryRemove(id, out var slot))
                {
                    gone.Add(slot);
                }
            }
        }

        gone.ForEach(slot => slot.Close());
        // One that failed waits for its next request, like any failed load.
        foreach (var canary in state.Deployments.Where(deployment => deployment is { Stage: Stage.Staging, Spec.Canary: true, Failure: null }))
        {
            if (slots.TryGetValue(canary.Id, out var slot))
            {
                loader.Behind(slot);
            }
        }

        return state.Epoch;
    }

    /// <summary>
    /// Loads again what was loaded before its model had a baseline, and lets it take over: predictions are binned from then on. Answers what kept one from it.
    /// </summary>
    public async Task<MlOpsException?> Rebin(ProjectState state, CancellationToken cancellation)
    {
        MlOpsException? failure = null;
        foreach (var deployment in state.Deployments.Where(deployment => state.Binned.Contains(deployment.Spec.Model)))
        {
            if (!slots.TryGetValue(deployment.Id, out var slot) || slot.Hold() is not { } serving)
            {
                continue;
            }

            var unbinned = serving.Model.Baseline is null;
            serving.Release();
            try
            {
                if (unbinned)
                {
                    slot.Adopt(await loader.Load(deployment, change: true, cancellation));
                }
            }
            catch (MlOpsException failed)
            {
                failure = failed;
            }
        }

        return failure;
    }

    /// <summary>Forgets a deleted project.</summary>
    public void Forget(ProjectId project)
    {
        List<ReplicaSlot> gone = [];
        lock (applying)
        {
            if (routes.TryRemove(project, out var known))
            {
                foreach (var id in known.Deployments)
                {
                    if (slots.TryRemove(id, out var slot))
                    {
                        gone.Add(slot);
                    }
                }
            }
        }

        gone.ForEach(slot => slot.Close());
    }

    private async Task<ReplicaLease> FindSlowly(DeploymentId id, RouteReason reason, CancellationToken cancellation)
    {
        for (var attempt = 0; ; attempt++)
        {
            if (!slots.TryGetValue(id, out var slot))
            {
                var stored = await deployments.Find(id, cancellation) ?? throw new MlOpsException(ErrorCode.NotFound, $"There is no deployment {id}.");
                if (stored.Stage == Stage.Archived)
                {
                    throw new MlOpsException(
                        ErrorCode.DeploymentStateConflict, $"The deployment '{stored.Spec.Name}' is archived and serves no predictions. Roll back to it, or predict on the project's address.");
                }

                // Read now, not with whoever began to read earlier: what the catalogue said a moment ago may be what is missing here.
                await (attempt == 0 ? Learn(stored.Project, cancellation) : Read(stored.Project));
                slots.TryGetValue(id, out slot);
            }

            if (slot is not null)
            {
                var replica = slot.Hold() ?? await loader.Into(slot, cancellation);
                if (replica is not null)
                {
                    return new ReplicaLease(replica, reason);
                }
            }

            // It left the stage while it was looked up: what the catalogue says now decides.
            if (attempt == SwitchesInARow)
            {
                throw new MlOpsException(ErrorCode.Busy, "The deployment is being changed. Send the request again.");
            }
        }
    }

    private static RouteReason InsteadOf(DeploymentId? canary) => canary is null ? RouteReason.Production : RouteReason.CanaryUnavailable;

    // A canary that is not loaded makes nobody wait: production answers, and the canary is loaded meanwhile.
    private Replica? HoldCanary(DeploymentId id)
    {
        if (!slots.TryGetValue(id, out var slot))
        {
            return null;
        }

        if (slot.Hold() is { } replica)
        {
            return replica;
        }

        loader.Behind(slot);
        return null;
    }

    private async Task<ReplicaLease> FindProductionSlowly(ProjectId project, string? routingKey, CancellationToken cancellation)
    {
        for (var attempt = 0; ; attempt++)
        {
            var known = routes.TryGetValue(project, out var found) ? found : await Learn(project, cancellation);
            var production = known.Production
                ?? throw new MlOpsException(ErrorCode.NoProduction, "The project has no production deployment. Promote one, or predict on a deployment's own address.");
            var canary = known.Choose(project, routingKey, draw);
            if (canary is { } chosen && HoldCanary(chosen) is { } taken)
            {
                return new ReplicaLease(taken, RouteReason.Canary);
            }

            try
            {
                return await FindSlowly(production, InsteadOf(canary), cancellation);
            }
            catch (MlOpsException gone) when (gone.Code is ErrorCode.DeploymentStateConflict or ErrorCode.NotFound && attempt < SwitchesInARow)
            {
                // Production was switched while it was looked up: the catalogue knows the new one, perhaps before this silo was told.
                await Read(project);
            }
        }
    }

    // Single flight: a thousand requests for a project that is not known yet read it once.
    private async Task<ProjectRoutes> Learn(ProjectId project, CancellationToken cancellation)
    {
        var reading = learning.GetOrAdd(project, id => Read(id));
        try
        {
            return await reading.WaitAsync(cancellation);
        }
        finally
        {
            learning.TryRemove(new(project, reading));
        }
    }

    private async Task<ProjectRoutes> Read(ProjectId project)
    {
        var state = await projects.Load(project, CancellationToken.None) ?? throw new MlOpsException(ErrorCode.NotFound, $"There is no project {project}.");
        Apply(state);
        return routes.TryGetValue(project, out var known) ? known : ProjectRoutes.Of(state);
    }

    private void AdoptPrepared(ProjectState state)
    {
        foreach (var deployment in state.Deployments)
        {
            if (slots.TryGetValue(deployment.Id, out var slot) && prepared.Take(deployment.Id) is { } ready)
            {
                slot.Adopt(ready);
            }
        }
    }
}
