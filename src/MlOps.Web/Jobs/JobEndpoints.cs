using Microsoft.AspNetCore.Http;
using MlOps.Access;
using MlOps.Requests;

namespace MlOps.Jobs;

/// <summary>Jobs over HTTP: how far they are, and what came of them.</summary>
internal sealed class JobEndpoints(IJobStore jobs) : IEndpoints
{
    private const string What = "job";

    public void Map(Routes routes) => routes.Get("/api/jobs/{id}", Scope.Read, Find, JobOperations.Get);

    private async Task Find(HttpContext context)
    {
        var found = await jobs.Find(context.PathId<JobId>(What), context.RequestAborted) ?? throw CallerExtensions.Missing(What);
        context.Caller().MustSee(found.Project, What);
        await context.Answer(StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject("job");
            JobAnswers.Members(json, found);
            json.WriteEndObject();
        });
    }
}
