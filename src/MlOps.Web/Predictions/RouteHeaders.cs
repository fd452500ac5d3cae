using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace MlOps.Predictions;

/// <summary>The headers that say who answered, made once for each replica.</summary>
internal sealed class RouteHeaders(IReplica replica)
{
    public const string Deployment = "X-Deployment-Id";
    public const string Model = "X-Model-Id";
    public const string Reason = "X-Route-Reason";

    private static readonly ConditionalWeakTable<IReplica, RouteHeaders> Known = [];
    private static readonly StringValues[] Reasons = ["direct", "production", "canary", "canary-unavailable"];

    private readonly StringValues deployment = replica.Deployment.Id.ToString();
    private readonly StringValues model = replica.Model.Id.ToString();

    public static IEnumerable<string> ReasonWords => Reasons.Select(reason => reason.ToString());

    public static RouteHeaders Of(IReplica replica) => Known.GetValue(replica, static replica => new RouteHeaders(replica));

    public void Set(IHeaderDictionary headers, RouteReason reason)
    {
        headers[Deployment] = deployment;
        headers[Model] = model;
        headers[Reason] = Reasons[(int)reason];
    }
}
