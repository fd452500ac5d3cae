using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using MlOps.Access;
using MlOps.Models;
using MlOps.Predictions;
using MlOps.Projects;
using MlOps.Requests;

namespace MlOps.Deployments;

/// <summary>Deployments over HTTP: shapes are checked here, everything else is decided by the project's grain.</summary>
internal sealed class DeploymentEndpoints(
    IDeploymentStore deployments,
    IProjectStore projects,
    IModelStore models,
    IReplicaHost replicas,
    IGrainFactory grains,
    IdempotentCalls calls,
    TimeProvider time,
    IOptions<HttpOptions> options) : IEndpoints
{
    public const string What = "deployment";

    // A change that has begun goes on when its caller leaves: given up between its commit and telling the silos it would leave them with the old state.
    // How long it may take is the grain call's own limit.
    private static readonly CancellationToken Unstopped = CancellationToken.None;

    public void Map(Routes routes)
    {
        routes.Post("/api/mlops/projects/{id}/deployments", Scope.Write, Create, DeploymentOperations.Create);
        routes.Get("/api/mlops/projects/{id}/deployments", Scope.Read, List, DeploymentOperations.List);
        routes.Get("/api/mlops/deployments/{id}", Scope.Read, Find, DeploymentOperations.Get);
        routes.Patch("/api/mlops/deployments/{id}", Scope.Write, Update, DeploymentOperations.Update);
        routes.Delete("/api/mlops/deployments/{id}", Scope.Write, Delete, DeploymentOperations.Delete);
        routes.Get("/api/mlops/deployments/{id}/schema", Scope.Read, Schema, DeploymentOperations.Columns);
        routes.Post("/api/mlops/deployments/{id}/promote", Scope.Write, Promote, DeploymentOperations.Promote);
        routes.Post("/api/mlops/deployments/{id}/rollback", Scope.Write, Rollback, DeploymentOperations.Rollback);
        routes.Post("/api/mlops/deployments/{id}/deactivate", Scope.Write, Deactivate, DeploymentOperations.Deactivate);
    }

    private async Task Create(HttpContext context)
    {
        var project = await VisibleProject(context);
        using var body = await JsonBody.Read(context, options.Value.MaxJsonBytes);
        var (spec, stage) = DeploymentBody.ReadCreate(body);
        using var call = await calls.Begin(context, body.Bytes, context.RequestAborted);
        // The id is made before the first try: an unknown outcome can be found again.
        var id = DeploymentId.New(time.GetUtcNow());
        var outcome = await Project(project).Create(id, spec, stage, Request(context, call), Unstopped);
        await Answer(context, StatusCodes.Status201Created, outcome, DeploymentAnswers.Created);
    }

    private async Task List(HttpContext context)
    {
        var query = new QueryReader(context.Request.Query);
        var page = query.Page(200);
        query.Check();
        var project = await VisibleProject(context);
        await context.AnswerPage(
            await deployments.List(project, page, context.RequestAborted),
            (json, deployment) => DeploymentAnswers.Members(json, deployment, replicas.EffectiveTrafficPercent(deployment)));
    }

    private async Task Find(HttpContext context)
    {
        var found = await Visible(context);
        await context.Answer(StatusCodes.Status200OK, json => DeploymentAnswers.Detail(json, found, replicas.EffectiveTrafficPercent(found)));
    }

    private async Task Schema(HttpContext context)
    {
        var found = await Visible(context);
        var model = await models.Find(found.Spec.Model, context.RequestAborted) ?? throw Lifecycle.ModelDeleted(found);
        await context.Answer(StatusCodes.Status200OK, json => DeploymentAnswers.Schema(json, found, model.Model));
    }

    private async Task Update(HttpContext context)
    {
        var found = await Visible(context);
        using var body = await JsonBody.Read(context, options.Value.MaxJsonBytes);
        var patch = DeploymentBody.ReadPatch(body);
        var outcome = await Project(found.Project).Update(found.Id, patch, new(context.Caller(), null), Unstopped);
        await Answer(context, StatusCodes.Status200OK, outcome, DeploymentAnswers.Changed);
    }

    private async Task Delete(HttpContext context)
    {
        var found = await Visible(context);
        await Project(found.Project).DeleteDeployment(found.Id, new(context.Caller(), null), Unstopped);
        await context.AnswerOk();
    }

    private async Task Promote(HttpContext context)
    {
        var project = await ProjectOfNamed(context);
        using var body = await JsonBody.Read(context, options.Value.MaxJsonBytes);
        body.Fields.Choice("to_stage", ["production"], required: true);
        body.Check();
        await Change(context, project, body, (owner, id, request) => owner.Promote(id, request, Unstopped));
    }

    private async Task Rollback(HttpContext context)
    {
        var project = await ProjectOfNamed(context);
        using var body = await JsonBody.Read(context, options.Value.MaxJsonBytes);
        var target = new RollbackTarget(body.Fields.Id<DeploymentId>("to_deployment_id"), body.Fields.Id<ModelId>("to_model_id"));
        body.Check();
        var created = DeploymentId.New(time.GetUtcNow());
        await Change(context, project, body, (owner, id, request) => owner.Rollback(id, target, created, request, Unstopped));
    }

    private async Task Deactivate(HttpContext context)
    {
        var project = await ProjectOfNamed(context);
        using var body = await JsonBody.Read(context, options.Value.MaxJsonBytes, optional: true);
        body.Check();
        await Change(context, project, body, (owner, id, request) => owner.Deactivate(id, request, Unstopped));
    }

    private async Task Change(
        HttpContext context, ProjectId? project, JsonBody body, Func<IProjectGrain, DeploymentId, ChangeRequest, Task<LifecycleOutcome>> change)
    {
        using var call = await calls.Begin(context, body.Bytes, context.RequestAborted);
        var owner = project ?? await ProjectOfFirst(call, context.RequestAborted) ?? throw CallerExtensions.Missing(What);
        var outcome = await change(Project(owner), context.PathId<DeploymentId>(What), Request(context, call));
        await Answer(context, StatusCodes.Status200OK, outcome, DeploymentAnswers.Changed);
    }

    // Null for a deployment that is gone, where the call may repeat one that was answered before it went.
    private async Task<ProjectId?> ProjectOfNamed(HttpContext context) =>
        IdempotentCalls.MayRepeat(context) && await deployments.Find(context.PathId<DeploymentId>(What), context.RequestAborted) is null
            ? null
            : (await Visible(context)).Project;

    private static async Task<ProjectId?> ProjectOfFirst(IdempotentCall call, CancellationToken cancellation) =>
        await call.FirstAnswer(cancellation) is { } first ? ExactJson.Read<LifecycleOutcome>(Encoding.UTF8.GetString(first)).Deployment.Project : null;

    private static Task Answer(HttpContext context, int status, LifecycleOutcome outcome, Action<System.Text.Json.Utf8JsonWriter, LifecycleOutcome> members) =>
        context.Answer(status, json =>
        {
            members(json, outcome);
            json.WriteWarnings(outcome.Warnings);
        });

    private static ChangeRequest Request(HttpContext context, IdempotentCall call) => new(context.Caller(), call.Entry);

    private IProjectGrain Project(ProjectId id) => grains.GetGrain<IProjectGrain>(id.Value);

    private async Task<ProjectId> VisibleProject(HttpContext context)
    {
        var id = context.PathId<ProjectId>("project");
        context.Caller().MustSee(id, "project");
        return (await projects.Find(id, context.RequestAborted))?.Project.Id ?? throw CallerExtensions.Missing("project");
    }

    private Task<Deployment> Visible(HttpContext context) => deployments.Visible(context);
}
