using Microsoft.AspNetCore.Connections.Features;
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

        var header = context.Request.Headers.Authorization.ToString();
        var connection = context.Features.Get<IConnectionItemsFeature>()?.Items;
        if (connection is not null && connection.TryGetValue(typeof(PresentedKey), out var before) && ((PresentedKey)before!).Is(header) is { } known && keys.Holds(known))
        {
            return Continue(context, known);
        }

        var found = Find(header);
        return found.IsCompletedSuccessfully ? Accept(context, connection, header, found.Result) : Later(context, connection, header, found);
    }

    private async Task Later(HttpContext context, IDictionary<object, object?>? connection, string header, ValueTask<Caller?> finding) =>
        await Accept(context, connection, header, await finding);

    private Task Accept(HttpContext context, IDictionary<object, object?>? connection, string header, Caller? caller)
    {
        if (caller is null)
        {
            throw new MlOpsException(
                ErrorCode.Unauthorized, "Send a valid key: the header Authorization: Bearer <key>. This one is missing, unknown, expired or deleted.");
        }

        connection?[typeof(PresentedKey)] = new PresentedKey(header, caller);
        return Continue(context, caller);
    }

    private Task Continue(HttpContext context, Caller caller)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<RequiredScope>() is { } required && !caller.May(required.Scope))
        {
            throw new MlOpsException(
                ErrorCode.Forbidden, $"The key '{caller.Name}' lacks the scope {string.Join(" or ", ScopeNames.Of(required.Scope))}. Use a key that has it.");
        }

        context.Features.Set(caller);
        return next(context);
    }

    private ValueTask<Caller?> Find(string authorization) =>
        authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) && authorization.AsSpan(Bearer.Length).Trim() is { IsEmpty: false } key
            ? keys.Find(key)
            : ValueTask.FromResult<Caller?>(null);

    /// <summary>
    /// The key that a connection has presented last. The server hands out the same string for a header that comes again unchanged: that, and no
    /// comparison of texts, says that it is the same key, which spares hashing it for each request.
    /// </summary>
    private sealed class PresentedKey(string header, Caller caller)
    {
        public Caller? Is(string presented) => ReferenceEquals(presented, header) ? caller : null;
    }
}

/// <summary>Metadata of an endpoint: the scope that its callers need; of several, one is enough.</summary>
internal sealed record RequiredScope(Scope Scope);
