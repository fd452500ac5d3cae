using Microsoft.AspNetCore.Http;
using MlOps.Projects;

namespace MlOps.Access;

internal static class CallerExtensions
{
    /// <summary>Who calls; there is always one behind the key check.</summary>
    public static Caller Caller(this HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new InvalidOperationException("This endpoint is not behind the key check.");

    /// <summary>Hides what the caller may not see: it is as if it were not there.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.NotFound"/>.</exception>
    public static void MustSee(this Caller caller, ProjectId project, string what)
    {
        if (!caller.Sees(project))
        {
            throw Missing(what);
        }
    }

    public static MlOpsException Missing(string what) => new(ErrorCode.NotFound, $"There is no such {what}, or this key may not see it.");

    /// <summary>The id in the path; a malformed one names nothing.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.NotFound"/>.</exception>
    public static T PathId<T>(this HttpContext context, string what, string name = "id")
        where T : struct, IParsable<T> =>
        T.TryParse(context.Request.RouteValues[name] as string, null, out var id) ? id : throw Missing(what);
}
