using Microsoft.AspNetCore.Http;
using MlOps.Access;
using MlOps.Deployments;
using MlOps.InferenceLogs;
using MlOps.Models;
using MlOps.Requests;

namespace MlOps.Metrics;

/// <summary>Metrics over HTTP: what a deployment did, minute by minute.</summary>
internal sealed class MetricsEndpoints(IDeploymentStore deployments, IModelStore models, IInferenceReader reader, IInferenceStore log, TimeProvider time) : IEndpoints
{
    public const int DefaultMinutes = 60;
    public const int MostMinutes = 1_440;

    public void Map(Routes routes) => routes.Get("/api/mlops/deployments/{id}/metrics", Scope.Read, Find, MetricsOperations.Get);

    private async Task Find(HttpContext context)
    {
        var query = new QueryReader(context.Request.Query);
        var minutes = query.Integer("window_minutes", 1, MostMinutes) ?? DefaultMinutes;
        query.Check();
        var deployment = await deployments.Visible(context);
        var model = (await models.Find(deployment.Spec.Model, context.RequestAborted))?.Model ?? throw Lifecycle.ModelDeleted(deployment);
        var until = UtcMinute.Of(time.GetUtcNow()).Plus(1);
        var since = until.Plus(-minutes);
        var report = MetricsReport.Of(
            model.Signature.Output,
            model.Baseline?.Prediction ?? await log.FirstAnswers(deployment.Id, context.RequestAborted),
            since,
            until,
            await reader.Metrics(deployment.Id, since, until, context.RequestAborted),
            await reader.Accuracy(deployment.Id, since, until, context.RequestAborted));
        await context.Answer(StatusCodes.Status200OK, json => MetricsAnswers.Write(json, deployment.Id, report));
    }
}
