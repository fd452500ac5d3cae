using Microsoft.AspNetCore.Http;
using MlOps.Access;
using MlOps.Deployments;
using MlOps.Errors;
using MlOps.InferenceLogs;
using MlOps.Projects;

namespace MlOps.Predictions;

/// <summary>Leaves the record of a predict request that is not answered 200.</summary>
internal sealed class RefusedRequests(
    InferenceRecorder recorder, RefusalCounts counts, PredictionInstruments instruments, IReplicaHost replicas, IDeploymentStore deployments, TimeProvider time)
{
    /// <param name="received">Timestamp, from which latency counts.</param>
    public async Task Record(HttpContext context, PredictTarget target, ReplicaLease lease, ReadOnlyMemory<byte> body, Exception failure, long received)
    {
        if (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is answered.
            return;
        }

        var refusal = ErrorResponses.Refusal(failure) ?? new MlOpsException(ErrorCode.InternalError, ErrorCatalogue.Of(ErrorCode.InternalError).Title);
        var entry = ErrorCatalogue.Of(refusal.Code);
        switch (entry.Status)
        {
            case StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden or StatusCodes.Status404NotFound:
                instruments.Refused(null, entry.Status);
                return;
            case StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable:
                instruments.Refused(Known(target, lease)?.Id, entry.Status);
                // An overload must not ask the database: what this silo does not know is not counted.
                if (Known(target, lease) is { } overloaded)
                {
                    counts.Add(overloaded, entry.Status);
                }

                return;
        }

        instruments.Refused(Known(target, lease)?.Id, entry.Status);
        if (await Find(context, target, lease) is { } deployment)
        {
            // Details quote what was sent.
            var isPrivate = SpecRules.Anonymizes(deployment.Spec.Privacy) || body.Span.IndexOf("anonymize_logs"u8) >= 0;
            await recorder.Refused(
                deployment, Reason(target, lease), time.GetElapsedTime(received), entry.Status, entry.Name, isPrivate ? entry.Title : refusal.Message, SentRows.Count(body.Span));
        }
    }

    private async Task<Deployment?> Find(HttpContext context, PredictTarget target, ReplicaLease lease)
    {
        if (Known(target, lease) is { } known)
        {
            return context.Caller().Sees(known.Project) ? known : null;
        }

        try
        {
            return target.Deployment is { } id && await deployments.Find(id, context.RequestAborted) is { } stored && context.Caller().Sees(stored.Project) ? stored : null;
        }
        catch (MlOpsException)
        {
            // The database is away: whose request this was cannot be told.
            return null;
        }
    }

    private Deployment? Known(PredictTarget target, ReplicaLease lease) =>
        lease.Replica?.Deployment ?? (target.Deployment is { } id ? replicas.Known(id) : replicas.KnownProduction(target.Project!.Value));

    private static RouteReason Reason(PredictTarget target, ReplicaLease lease) =>
        lease.Replica is null && target.Project is not null ? RouteReason.Production : lease.Reason;
}

/// <summary>What a predict request is addressed to: a deployment, or a project's production.</summary>
internal readonly struct PredictTarget
{
    public PredictTarget(DeploymentId deployment) => Deployment = deployment;

    public PredictTarget(ProjectId project) => Project = project;

    public DeploymentId? Deployment { get; }

    public ProjectId? Project { get; }
}
