using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using MlOps.Access;
using MlOps.OpenApi;
using MlOps.Telemetry;

namespace MlOps.Requests;

/// <summary>The endpoints of a feature: what its file lists.</summary>
internal interface IEndpoints
{
    void Map(Routes routes);
}

/// <summary>Where endpoints are listed: method, path, scope, handler, and what the document says of it.</summary>
internal sealed class Routes(IEndpointRouteBuilder builder, HttpInstruments instruments, TimeProvider time, TimeSpan timeout, int mostCalls)
{
    // What may be got may be asked for without its body.
    private static readonly string[] Reading = ["GET", "HEAD"];

    private int calls;

    public void Get(string path, Scope scope, RequestDelegate handler, Operation operation) => Map("GET", path, scope, Bounded(handler, operation), operation);

    public void Post(string path, Scope scope, RequestDelegate handler, Operation operation) => Map("POST", path, scope, Bounded(handler, operation), operation);

    public void Put(string path, Scope scope, RequestDelegate handler, Operation operation) => Map("PUT", path, scope, Bounded(handler, operation), operation);

    public void Patch(string path, Scope scope, RequestDelegate handler, Operation operation) => Map("PATCH", path, scope, Bounded(handler, operation), operation);

    public void Delete(string path, Scope scope, RequestDelegate handler, Operation operation) => Map("DELETE", path, scope, Bounded(handler, operation), operation);

    /// <summary>An endpoint without a key and without a time limit.</summary>
    public void Public(string path, RequestDelegate handler, Operation operation) => Map("GET", path, null, handler, operation);

    /// <summary>An endpoint as it is: it keeps its own time.</summary>
    public IEndpointConventionBuilder Map(string method, string path, Scope? scope, RequestDelegate handler, Operation operation)
    {
        var endpoint = builder.MapMethods(path, method == "GET" ? Reading : [method], handler).WithMetadata(operation).WithDisplayName($"{method} {path}");
        return scope is null ? endpoint : endpoint.WithMetadata(new RequiredScope(scope.Value));
    }

    // Whoever handles the request sees one token: the caller is gone, or it took too long. The first ends silently, the second with 503.
    private RequestDelegate Bounded(RequestDelegate handler, Operation operation) => async context =>
    {
        if (operation.Query.Length == 0)
        {
            QueryReader.RefuseAny(context.Request);
        }

        using var call = Enter();
        var began = time.GetTimestamp();
        var aborted = context.RequestAborted;
        using var late = new CancellationTokenSource(timeout, time);
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(aborted, late.Token);
        context.RequestAborted = bounded.Token;
        try
        {
            await handler(context);
        }
        finally
        {
            context.RequestAborted = aborted;
            instruments.Called(time.GetElapsedTime(began));
        }
    };

    // A queue would only hide the overload, and hold the bodies of those who wait.
    private Call Enter()
    {
        if (Interlocked.Increment(ref calls) <= mostCalls)
        {
            return new Call(this);
        }

        Interlocked.Decrement(ref calls);
        throw new MlOpsException(ErrorCode.Overloaded, "Too many calls are in flight. Wait for the seconds of Retry-After, then send it again.");
    }

    private readonly struct Call(Routes routes) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref routes.calls);
    }
}
