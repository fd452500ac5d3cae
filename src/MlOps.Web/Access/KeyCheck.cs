using Microsoft.AspNetCore.Http;

namespace MlOps.Access;

/// <summary>Asks for a key on everything under <c>/api</c>, known path or not, and for its scope where the endpoint names one.</summary>
internal sealed class KeyCheck(IKeyRing keys, RequestDelegate next)
{
    private const string Bearer = "Bearer ";

    public Task Invoke(HttpContext context)
    {
        if (!context.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase))
        {
            return next(context);
        }

        var found = Find(context.Request.Headers.Authorization.ToString());
        return found.IsCompletedSuccessfully ? Continue(context, found.Result) : Later(context, found);
    }

    private async Task Later(HttpContext context, ValueTask<Caller?> finding) => await Continue(context, await finding);

    private Task Continue(HttpContext context, Caller? caller)
    {
        if (caller is null)
        {
            throw new MlOpsException(
                ErrorCode.Unauthorized, "Send a valid key: the header Authorization: Bearer <key>. This one is missing, unknown, expired or deleted.");
        }

        if (context.GetEndpoint()?.Metadata.GetMetadata<RequiredScope>() is { } required && !caller.May(required.Scope))
        {
            throw new MlOpsException(
                ErrorCode.Forbidden, $"The key '{caller.Name}' lacks the scope {ScopeNames.Of(required.Scope)[0]}. Use a key that has it.");
        }

        context.Features.Set(caller);
        return next(context);
    }

    private ValueTask<Caller?> Find(string authorization) =>
        authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) && authorization.AsSpan(Bearer.Length).Trim() is { IsEmpty: false } key
            ? keys.Find(key)
            : ValueTask.FromResult<Caller?>(null);
}

/// <summary>Metadata of an endpoint: the scope that its callers need.</summary>
internal sealed record RequiredScope(Scope Scope);
