using Microsoft.AspNetCore.Http;
using MlOps.OpenApi;
using MlOps.Predictions;
using MlOps.Requests;

namespace MlOps.Health;

/// <summary>What a supervisor (live) and a load balancer (ready) ask. Neither asks another silo or the database.</summary>
internal sealed class HealthEndpoints(IReplicaHost replicas, Drain drain) : IEndpoints
{
    private static readonly Operation Live = new("live", "Whether this process answers at all", Status("live"));

    private static readonly Operation Ready = new("ready", "Whether this silo should get traffic", Status("ready")) { Errors = [ErrorCode.NotServing] };

    public void Map(Routes routes)
    {
        routes.Public("/health/live", context => Answer(context, "live"), Live);
        routes.Public("/health/ready", AnswerReady, Ready);
    }

    private Task AnswerReady(HttpContext context)
    {
        List<string> reasons = [];
        if (drain.IsDraining)
        {
            reasons.Add("it is stopping");
        }
        else if (!drain.IsStarted)
        {
            reasons.Add("it is starting");
        }
        else if (!replicas.IsReady)
        {
            reasons.Add("its replicas are not loaded yet");
        }

        return reasons.Count == 0
            ? Answer(context, "ready")
            : throw new MlOpsException(ErrorCode.NotServing, $"This silo is not ready: {string.Join(", ", reasons)}.");
    }

    private static Task Answer(HttpContext context, string status) =>
        context.Answer(StatusCodes.Status200OK, json => json.WriteString("status", status));

    private static Schema Status(string word) => Schema.Object(new Field("status", Schema.Choice(word)));
}
