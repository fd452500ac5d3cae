using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using MlOps.Access;
using MlOps.Requests;

namespace MlOps.Projects;

/// <summary>Projects over HTTP.</summary>
internal sealed class ProjectEndpoints(
    IProjectStore projects, IGrainFactory grains, IdempotentCalls calls, TimeProvider time, IOptions<HttpOptions> options) : IEndpoints
{
    private const string What = "project";

    public void Map(Routes routes)
    {
        routes.Post("/api/projects", Scope.Write, Create, ProjectOperations.Create);
        routes.Get("/api/projects", Scope.Read, List, ProjectOperations.List);
        routes.Get("/api/projects/{id}", Scope.Read, Find, ProjectOperations.Get);
        routes.Put("/api/projects/{id}", Scope.Write, Update, ProjectOperations.Update);
        routes.Delete("/api/projects/{id}", Scope.Write, Delete, ProjectOperations.Delete);
        routes.Get("/api/projects/{id}/timeline", Scope.Read, Timeline, ProjectOperations.Timeline);
    }

    private async Task Create(HttpContext context)
    {
        if (context.Caller().Project is not null)
        {
            throw new MlOpsException(ErrorCode.Forbidden, "This key is bound to one project and creates no others. Use a key that is bound to none.");
        }

        using var body = await JsonBody.Read(context, options.Value.MaxJsonBytes);
        var name = body.Fields.Name("name", ProjectOperations.LongestName);
        var description = body.Fields.Text("description", ProjectOperations.LongestDescription);
        body.Check();
        var cancellation = context.RequestAborted;
        using var call = await calls.Begin(context, body.Bytes, cancellation);
        var answer = await call.FirstAnswer(cancellation);
        if (answer is null)
        {
            var now = time.GetUtcNow();
            var project = new Project(ProjectId.New(now), name!, description, 1, now);
            answer = JsonAnswer.Bytes(json => ProjectAnswers.Created(json, project));
            await projects.Create(project, call.With(answer), cancellation);
        }

        await context.Answer(StatusCodes.Status201Created, answer);
    }

    private async Task List(HttpContext context)
    {
        var query = new QueryReader(context.Request.Query);
        var page = query.Page(500);
        var search = query.Text("search", 200);
        var sort = query.Choice("sort_field", ProjectOperations.SortFields) ?? "created_at";
        var descending = query.Choice("sort_direction", "asc", "desc") != "asc";
        query.Check();
        var found = await projects.List(new(context.Caller().Project, search, sort, descending), page, context.RequestAborted);
        await context.AnswerPage(found, ProjectAnswers.Members);
    }

    private async Task Find(HttpContext context)
    {
        var found = await Visible(context);
        await context.Answer(StatusCodes.Status200OK, json => ProjectAnswers.Single(json, found));
    }

    private async Task Update(HttpContext context)
    {
        var id = (await Visible(context)).Project.Id;
        using var body = await JsonBody.Read(context, options.Value.MaxJsonBytes);
        var name = body.Fields.Name("name", ProjectOperations.LongestName);
        var described = body.Fields.Has("description");
        var description = body.Fields.Text("description", ProjectOperations.LongestDescription);
        body.Check();
        var before = await Visible(context);
        var updated = await projects.Update(id, name!, described ? description : before.Project.Description, context.RequestAborted)
            ?? throw CallerExtensions.Missing(What);
        await context.Answer(StatusCodes.Status200OK, json => ProjectAnswers.Single(json, before with { Project = updated }));
    }

    private async Task Delete(HttpContext context)
    {
        var id = VisibleId(context);
        // Begun, it goes on when its caller leaves: every silo has to hear of it.
        if (!await grains.GetGrain<IProjectGrain>(id.Value).Delete(new(context.Caller(), null), CancellationToken.None))
        {
            throw CallerExtensions.Missing(What);
        }

        await context.AnswerOk();
    }

    private async Task Timeline(HttpContext context)
    {
        var query = new QueryReader(context.Request.Query);
        var page = query.Page(500);
        query.Check();
        var found = await Visible(context);
        await context.AnswerPage(await projects.Timeline(found.Project.Id, page, context.RequestAborted), ProjectAnswers.Event, "events");
    }

    private static ProjectId VisibleId(HttpContext context)
    {
        var id = context.PathId<ProjectId>(What);
        context.Caller().MustSee(id, What);
        return id;
    }

    private async Task<ProjectListing> Visible(HttpContext context) =>
        await projects.Find(VisibleId(context), context.RequestAborted) ?? throw CallerExtensions.Missing(What);
}
