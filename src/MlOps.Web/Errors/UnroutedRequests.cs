using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using MlOps.Telemetry;

namespace MlOps.Errors;

/// <summary>Routing's own answers, for paths and methods that do not exist, have no body and are counted by nobody: gives them one, and counts them.</summary>
internal sealed class UnroutedRequests(HttpInstruments instruments, RequestDelegate next)
{
    public Task Invoke(HttpContext context) => context.GetEndpoint() switch
    {
        RouteEndpoint => next(context),
        null => Refuse(context, ErrorCode.NotFound, $"There is nothing at {Shown(context.Request.Path)}. GET /openapi/v1.json lists every path."),
        _ => RefuseMethod(context),
    };

    private async Task RefuseMethod(HttpContext context)
    {
        await next(context);
        if (context.Response is { HasStarted: false, StatusCode: StatusCodes.Status405MethodNotAllowed } response)
        {
            await Refuse(context, ErrorCode.MethodNotAllowed, $"{context.Request.Method} is not for this path; it takes {response.Headers.Allow}.");
        }
    }

    private Task Refuse(HttpContext context, ErrorCode code, string detail)
    {
        instruments.Refused(code);
        return Problem.Write(context, code, detail, []);
    }

    private static string Shown(PathString path) => path.Value is { Length: > 0 and <= 200 } text ? $"'{text}'" : "this path";
}
