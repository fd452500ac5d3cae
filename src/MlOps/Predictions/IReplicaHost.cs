using MlOps.Contributions;
using MlOps.Deployments;
using MlOps.Models;
using MlOps.Projects;

namespace MlOps.Predictions;

/// <summary>The replicas of this silo: what a prediction runs on, without a remote call and without the database once it is loaded.</summary>
public interface IReplicaHost
{
    /// <summary>
    /// The replica of a deployment, loaded on first use. Dispose the lease after the run: a replica's model is given back when the last lease is.
    /// </summary>
    /// <exception cref="MlOpsException">404 for no such deployment, 409 for an archived one, 424 for a model that cannot be loaded, 503 while stopping.</exception>
    ValueTask<ReplicaLease> Find(DeploymentId id, CancellationToken cancellation);

    /// <summary>The replica that answers the project's stable address: production, or a canary for its share.</summary>
    /// <param name="routingKey">Header <c>X-Routing-Key</c>, at most <see cref="CanarySplit.LongestKey"/> characters; null when absent.</param>
    ValueTask<ReplicaLease> FindProduction(ProjectId project, string? routingKey, CancellationToken cancellation);

    /// <summary>The share of its project's address that a deployment gets on this silo now: a loaded canary its own, production the rest, any other none.</summary>
    int EffectiveTrafficPercent(Deployment deployment);

    /// <summary>A deployment as this silo serves it; null when it does not. Asks nobody.</summary>
    Deployment? Known(DeploymentId id);

    /// <summary>A project's production as this silo serves it; null when it knows of none. Asks nobody.</summary>
    Deployment? KnownProduction(ProjectId project);

    /// <summary>Whether this silo may serve: started, and not stopping.</summary>
    bool IsReady { get; }
}

/// <summary>A deployment's loaded copy on this silo.</summary>
public interface IReplica
{
    Deployment Deployment { get; }

    RegisteredModel Model { get; }

    /// <summary>The deployment's id as answers carry it.</summary>
    string DeploymentText { get; }

    /// <summary>The model's id as answers carry it.</summary>
    string ModelText { get; }

    /// <summary>How rows become columns and outputs become predictions.</summary>
    PredictionPlan Plan { get; }

    /// <summary>The requests that were admitted for it.</summary>
    InFlight InFlight { get; }

    /// <summary>Runs the model over the batch, here or on the dedicated threads, and fills in its predictions. Ends at the time limit with 424.</summary>
    /// <exception cref="MlOpsException">424, or 429 when the queue is full.</exception>
    /// <param name="admitted">Timestamp of the admission, from which the time limit counts.</param>
    ValueTask Run(PredictionBatch batch, long admitted, CancellationToken cancellation);

    /// <summary>Makes ready for explaining, before anything is run.</summary>
    /// <param name="admitted">As for <see cref="Run"/>.</param>
    /// <exception cref="MlOpsException">422 when there are no honest contributions, or so many rows would take too long; 424 or 503 when what explains cannot be loaded.</exception>
    ValueTask<IExplaining> BeginExplaining(PredictionBatch batch, ContributionChoice choice, long admitted, CancellationToken cancellation);

    void Release();
}

/// <summary>The explaining of one batch.</summary>
public interface IExplaining
{
    IExplainer Explainer { get; }

    /// <summary>Fills in <see cref="PredictionBatch.Contributions"/>; the batch's outputs have been read.</summary>
    /// <exception cref="MlOpsException">422 when it takes too long, 424 when the model fails on rows mixed for it, 429 when the queue is full.</exception>
    ValueTask Run(CancellationToken cancellation);
}

/// <summary>Why this deployment answered: <c>direct</c>, <c>production</c>, <c>canary</c>, <c>canary-unavailable</c>.</summary>
public enum RouteReason
{
    Direct,
    Production,
    Canary,
    CanaryUnavailable,
}

/// <summary>A replica in use.</summary>
public readonly struct ReplicaLease(IReplica replica, RouteReason reason) : IDisposable
{
    public IReplica Replica { get; } = replica;

    public RouteReason Reason { get; } = reason;

    public void Dispose() => Replica?.Release();
}
