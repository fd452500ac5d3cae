using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using MlOps.Access;
using MlOps.Deployments;
using MlOps.InferenceLogs;
using MlOps.Predictions;
using MlOps.Projects;
using MlOps.Requests;

namespace MlOps.Metrics;

/// <summary>Feedback over HTTP: what rows turned out to be.</summary>
internal sealed class FeedbackEndpoints(
    IFeedbackStore store,
    FeedbackJoin join,
    IInferenceReader log,
    IDeploymentStore deployments,
    IProjectStore projects,
    TimeProvider time,
    IOptions<PredictionOptions> options) : IEndpoints
{
    private const string Deployment = "deployment";
    private const string Project = "project";

    public void Map(Routes routes)
    {
        routes.Post("/api/mlops/deployments/{id}/feedback", Scope.Predict | Scope.Write, ToDeployment, FeedbackOperations.ToDeployment);
        routes.Post("/api/mlops/projects/{id}/feedback", Scope.Predict | Scope.Write, ToProject, FeedbackOperations.ToProject);
    }

    private async Task ToDeployment(HttpContext context)
    {
        var id = context.PathId<DeploymentId>(Deployment);
        var (project, model) = await deployments.Find(id, context.RequestAborted) is { } found
            ? (found.Project, found.Spec.Model)
            : await log.Deployment(id, context.RequestAborted) is { } logged ? (logged.Project, logged.Model) : throw CallerExtensions.Missing(Deployment);
        context.Caller().MustSee(project, Deployment);
        using var body = await JsonBody.Read(context, options.Value.MaxBodyBytes);
        await Take(context, body, project, id, await join.Reader(model, context.RequestAborted));
    }

    private async Task ToProject(HttpContext context)
    {
        var id = context.PathId<ProjectId>(Project);
        context.Caller().MustSee(id, Project);
        if (await projects.Find(id, context.RequestAborted) is null)
        {
            throw CallerExtensions.Missing(Project);
        }

        using var body = await JsonBody.Read(context, options.Value.MaxBodyBytes);
        await Take(context, body, id, null, null);
    }

    private async Task Take(HttpContext context, JsonBody body, ProjectId project, DeploymentId? deployment, TargetReader? reader)
    {
        var (items, invalid) = FeedbackBody.Read(body, project, deployment, reader, time.GetUtcNow());
        IReadOnlyList<long> kept = [];
        var joined = new FeedbackJoined(new Dictionary<long, int>(), 0, [], null);
        if (items.Count > 0)
        {
            kept = await store.Add(items, context.RequestAborted);

            // What is kept is joined sooner or later; whoever sent it need not wait for that, and his leaving does not end it.
            joined = await join.Join(new FeedbackChoice.Sent(kept), CancellationToken.None);
        }

        var refused = joined.Invalid.ToHashSet();
        await context.Answer(StatusCodes.Status200OK, json =>
        {
            json.WriteBoolean("ok", true);
            json.WriteNumber("accepted", kept.Count - refused.Count);
            json.WriteNumber("updated", joined.Updated);
            json.WriteStartArray("unknown");
            for (var index = 0; index < kept.Count; index++)
            {
                if (!joined.Rows.ContainsKey(kept[index]) && !refused.Contains(kept[index]))
                {
                    json.WriteStringValue(items[index].ExternalId ?? items[index].Row!.Value.ToString());
                }
            }

            json.WriteEndArray();
            json.WriteStartArray("invalid");
            foreach (var (index, fault) in invalid)
            {
                json.WriteStartObject();
                json.WriteNumber("index", index);
                json.WriteString("pointer", $"/items/{index}{fault.Pointer}");
                json.WriteString("detail", fault.Detail);
                json.WriteEndObject();
            }

            foreach (var (sequence, index) in kept.Select((sequence, index) => (sequence, index)).Where(one => refused.Contains(one.sequence)))
            {
                json.WriteStartObject();
                json.WriteString("id", items[index].ExternalId ?? items[index].Row!.Value.ToString());
                json.WriteString("detail", "'actual' is none of the classes, or no number, of the model that answered the row.");
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }
}
