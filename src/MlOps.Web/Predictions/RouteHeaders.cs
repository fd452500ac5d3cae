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

    /// <summary>The reason as headers and the log say it.</summary>
    public static string Word(RouteReason reason) => Reasons[(int)reason].ToString();

    public static void Set(IHeaderDictionary headers, ReplicaLease lease) => Set(headers, lease.Replica, lease.Reason);

    /// <summary>A refusal says who refused; its headers are set as it starts, for what was set before an exception is cleared.</summary>
    public static void SetOnRefusal(HttpResponse response, ReplicaLease lease)
    {
        var (replica, reason) = (lease.Replica, lease.Reason);
        response.OnStarting(() =>
        {
            Set(response.Headers, replica, reason);
            return Task.CompletedTask;
        });
    }

    private static void Set(IHeaderDictionary headers, IReplica replica, RouteReason reason)
    {
        headers[Deployment] = replica.DeploymentText;
        headers[Model] = replica.ModelText;
        headers[Reason] = Reasons[(int)reason];
    }
}
