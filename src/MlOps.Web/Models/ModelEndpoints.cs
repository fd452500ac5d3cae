using Microsoft.AspNetCore.Http;
using MlOps.Access;
using MlOps.Projects;
using MlOps.Requests;

namespace MlOps.Models;

/// <summary>Registered models over HTTP.</summary>
internal sealed class ModelEndpoints(IModelStore models, TimeProvider time) : IEndpoints
{
    private const string What = "model";

    public void Map(Routes routes)
    {
        routes.Get("/api/models", Scope.Read, List, ModelOperations.List);
        routes.Get("/api/models/{id}", Scope.Read, Find, ModelOperations.Get);
        routes.Delete("/api/models/{id}", Scope.Write, Delete, ModelOperations.Delete);
    }

    private async Task List(HttpContext context)
    {
        var query = new QueryReader(context.Request.Query);
        var page = query.Page(500);
        // Models of ours come from no experiment: asking for one's models finds none.
        var ofExperiment = query.Text("experiment_id", 200) is not null;
        var asked = new ModelQuery(
            context.Caller().Project,
            query.Id<ProjectId>("project_id"),
            query.Text("model_type", 200),
            query.Flag("is_production"),
            query.Flag("is_staging"),
            query.Text("search", 200),
            query.Text("sort_metric", 100),
            query.Choice("sort_dir", "asc", "desc") != "asc");
        query.Check();
        var found = ofExperiment ? new Page<ModelListing>([], 0, page.Limit, page.Offset) : await models.List(asked, page, context.RequestAborted);
        await context.AnswerPage(found, ModelAnswers.Item);
    }

    private async Task Find(HttpContext context)
    {
        var found = await Visible(context);
        await context.Answer(StatusCodes.Status200OK, json => ModelAnswers.Single(json, found));
    }

    private async Task Delete(HttpContext context)
    {
        var found = await Visible(context);
        var now = time.GetUtcNow();
        var deleted = new TimelineEvent(Guid.CreateVersion7(now), now, context.Caller().Name, "model_deleted", null, found.Model.Id, null, null);
        var users = await models.Delete(found.Model.Id, deleted, context.RequestAborted) ?? throw CallerExtensions.Missing(What);
        if (!users.IsEmpty)
        {
            throw new MlOpsException(
                ErrorCode.ModelInUse, $"These deployments use the model: {string.Join(", ", users)}. Deactivate or delete them, then delete the model.");
        }

        await context.AnswerOk();
    }

    private async Task<ModelListing> Visible(HttpContext context)
    {
        var found = await models.Find(context.PathId<ModelId>(What), context.RequestAborted) ?? throw CallerExtensions.Missing(What);
        context.Caller().MustSee(found.Model.Project, What);
        return found;
    }
}
