using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace MlOps.Predictions;

/// <summary>The headers that choose who answers, and say who did.</summary>
internal static class RouteHeaders
{
    public const string Key = "X-Routing-Key";
    public const string Deployment = "X-Deployment-Id";
    public const string Model = "X-Model-Id";
    public const string Reason = "X-Route-Reason";

    private static readonly StringValues[] Reasons = ["direct", "production", "canary", "canary-unavailable"];

    public static IEnumerable<string> ReasonWords => Reasons.Select(reason => reason.ToString());

    public static void Set(IHeaderDictionary headers, ReplicaLease lease)
    {
        headers[Deployment] = lease.Replica.DeploymentText;
        headers[Model] = lease.Replica.ModelText;
        headers[Reason] = Reasons[(int)lease.Reason];
    }
}
