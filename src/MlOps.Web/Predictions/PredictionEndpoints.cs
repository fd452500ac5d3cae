using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using MlOps.Access;
using MlOps.Deployments;
using MlOps.Projects;
using MlOps.Requests;

namespace MlOps.Predictions;

/// <summary>Predict over HTTP: the hot path. No binding, no grain, no database; what it allocates is what the answer needs.</summary>
internal sealed class PredictionEndpoints(
    IReplicaHost replicas, Predictor predictor, Admission admission, RefusedRequests refused, IDeploymentStore deployments, TimeProvider time, IOptions<PredictionOptions> options)
    : IEndpoints
{
    private readonly long mostBytes = options.Value.MaxBodyBytes;

    public void Map(Routes routes)
    {
        routes.Map("POST", "/api/mlops/deployments/{id}/predict", Scope.Predict, ByDeployment, PredictionOperations.ByDeployment(options.Value));
        routes.Map("POST", "/api/mlops/projects/{id}/predict", Scope.Predict, ByProject, PredictionOperations.ByProject(options.Value));
    }

    private Task ByDeployment(HttpContext context) => Predict(context, new PredictTarget(context.PathId<DeploymentId>(DeploymentEndpoints.What)));

    private Task ByProject(HttpContext context)
    {
        var id = context.PathId<ProjectId>("project");
        context.Caller().MustSee(id, "project");
        return Predict(context, new PredictTarget(id));
    }

    private async Task Predict(HttpContext context, PredictTarget target)
    {
        var received = time.GetTimestamp();
        var body = default(RequestBody);
        var lease = default(ReplicaLease);
        try
        {
            Check(context);
            var key = target.Project is null ? null : Key(context.Request.Headers);
            using var ticket = admission.Enter(context.Request.ContentLength ?? 0);
            body = await RequestBody.Read(context, mostBytes, Growing(context, ticket));
            lease = target.Project is { } project
                ? await replicas.FindProduction(project, key, context.RequestAborted)
                : await Find(context, target.Deployment!.Value);
            ticket.Enter(lease.Replica);
            await Answer(context, lease, body, received);
        }
        catch (Exception failure)
        {
            if (lease.Replica is not null)
            {
                RouteHeaders.SetOnRefusal(context.Response, lease);
            }

            await refused.Record(context, target, lease, body.Bytes, failure, received);
            throw;
        }
        finally
        {
            lease.Dispose();
            body.Dispose();
        }
    }

    // What the head of the request tells is refused before anything is admitted.
    private void Check(HttpContext context)
    {
        QueryReader.RefuseAny(context.Request);
        JsonBody.RequireJson(context.Request);
        if (context.Request.ContentLength > mostBytes)
        {
            throw RequestBody.TooLarge(mostBytes);
        }
    }

    // An empty key is none.
    private static string? Key(IHeaderDictionary headers)
    {
        if (!headers.TryGetValue(RouteHeaders.Key, out var values) || StringValues.IsNullOrEmpty(values))
        {
            return null;
        }

        var key = values.ToString();
        return values.Count == 1 && key.Length <= CanarySplit.LongestKey ? key : throw new MlOpsException(
            ErrorCode.ValidationFailed,
            $"The header {RouteHeaders.Key} must come once and have at most {CanarySplit.LongestKey} characters.",
            [new Fault(RouteHeaders.Key, $"Send one key of at most {CanarySplit.LongestKey} characters, for example a hash of a longer one.")]);
    }

    // A body of untold length is admitted as it comes.
    private static Action<long>? Growing(HttpContext context, AdmissionTicket ticket) => context.Request.ContentLength is null ? ticket.Grow : null;

    // A bound key must not learn from a refusal that another project's deployment exists.
    private async ValueTask<ReplicaLease> Find(HttpContext context, DeploymentId id)
    {
        var caller = context.Caller();
        ReplicaLease lease;
        try
        {
            lease = await replicas.Find(id, context.RequestAborted);
        }
        catch (MlOpsException) when (caller.Project is not null)
        {
            if (await deployments.Find(id, context.RequestAborted) is { } hidden)
            {
                caller.MustSee(hidden.Project, DeploymentEndpoints.What);
            }

            throw;
        }

        if (!caller.Sees(lease.Replica.Deployment.Project))
        {
            lease.Dispose();
            throw CallerExtensions.Missing(DeploymentEndpoints.What);
        }

        return lease;
    }

    private async Task Answer(HttpContext context, ReplicaLease lease, RequestBody body, long admitted)
    {
        using var answer = new AnswerBuffer();
        await predictor.Answer(lease, body.Bytes, admitted, answer, context.RequestAborted);
        RouteHeaders.Set(context.Response.Headers, lease);
        await answer.Send(context, StatusCodes.Status200OK, JsonAnswer.ContentType);
    }
}
