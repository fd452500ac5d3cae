using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using MlOps.Projects;
using MlOps.Requests;

namespace MlOps.Access;

/// <summary>API keys over HTTP. A bound key manages only the keys of its project.</summary>
internal sealed class ApiKeyEndpoints(
    IApiKeyStore keys, IProjectStore projects, IGrainFactory grains, IdempotentCalls calls, TimeProvider time, IOptions<HttpOptions> options) : IEndpoints
{
    private const string What = "key";

    public void Map(Routes routes)
    {
        routes.Post("/api/auth/api-keys", Scope.Admin, Create, ApiKeyOperations.Create);
        routes.Get("/api/auth/api-keys", Scope.Admin, List, ApiKeyOperations.List);
        routes.Delete("/api/auth/api-keys/{id}", Scope.Admin, Delete, ApiKeyOperations.Delete);
    }

    private async Task Create(HttpContext context)
    {
        using var body = await JsonBody.Read(context, options.Value.MaxJsonBytes);
        var now = time.GetUtcNow();
        var name = body.Fields.Name("name", ApiKeyOperations.LongestName);
        var scopes = Scopes(body.Fields);
        var project = await BoundTo(context, body.Fields);
        var expires = body.Fields.Time("expires_at");
        if (expires <= now)
        {
            body.Fields.Fault("expires_at", "'expires_at' must lie in the future.");
        }

        body.Check();
        var cancellation = context.RequestAborted;
        using var call = await calls.Begin(context, body.Bytes, cancellation);
        var answer = await call.FirstAnswer(cancellation);
        if (answer is null)
        {
            var id = ApiKeyId.New(now);
            var secret = ApiKeySecret.Create(id);
            var key = new ApiKey(id, name!, scopes, project, now, expires, ApiKeySecret.Hash(secret));
            // What is kept for a repeat holds no secret: that is answered once.
            var kept = JsonAnswer.Bytes(json => ApiKeyAnswers.Repeated(json, key));
            await grains.GetGrain<IAccessGrain>(0).Create(key, call.With(kept), CancellationToken.None);
            answer = JsonAnswer.Bytes(json => ApiKeyAnswers.Created(json, key, secret));
        }

        await context.Answer(StatusCodes.Status201Created, answer);
    }

    private async Task List(HttpContext context)
    {
        var query = new QueryReader(context.Request.Query);
        var page = query.Page(500);
        query.Check();
        await context.AnswerPage(await keys.List(context.Caller().Project, page, context.RequestAborted), ApiKeyAnswers.Members);
    }

    private async Task Delete(HttpContext context)
    {
        var id = context.PathId<ApiKeyId>(What);
        var found = await keys.Find(id, context.RequestAborted);
        var manages = context.Caller().Project is not { } bound || found?.Project == bound;
        // Begun, it goes on when its caller leaves: every silo has to hear of it.
        if (found is null || !manages || !await grains.GetGrain<IAccessGrain>(0).Delete(id, CancellationToken.None))
        {
            throw CallerExtensions.Missing(What);
        }

        await context.AnswerOk();
    }

    private static Scope Scopes(FieldReader fields)
    {
        var scopes = Scope.None;
        if (fields.Array("scopes", required: true) is not { } list)
        {
            return scopes;
        }

        foreach (var item in list.EnumerateArray())
        {
            var text = JsonText.Of(item);
            var scope = text is null ? null : ScopeNames.Parse(text);
            if (scope is null || scopes.HasFlag(scope.Value))
            {
                fields.Fault("scopes", $"'scopes' must name each of {string.Join(", ", ScopeNames.All)} at most once, and nothing else.");
                return scopes;
            }

            scopes |= scope.Value;
        }

        if (scopes == Scope.None)
        {
            fields.Fault("scopes", $"'scopes' must name at least one of {string.Join(", ", ScopeNames.All)}.");
        }

        return scopes;
    }

    private async Task<ProjectId?> BoundTo(HttpContext context, FieldReader fields)
    {
        var caller = context.Caller();
        if (fields.Id<ProjectId>("project_id") is not { } asked)
        {
            return caller.Project;
        }

        if (!caller.Sees(asked) || await projects.Find(asked, context.RequestAborted) is null)
        {
            fields.Fault("project_id", "'project_id' names no project.");
        }

        return asked;
    }
}
