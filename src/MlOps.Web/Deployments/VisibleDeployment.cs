using Microsoft.AspNetCore.Http;
using MlOps.Access;

namespace MlOps.Deployments;

/// <summary>The deployment that a path names.</summary>
internal static class VisibleDeployment
{
    /// <exception cref="MlOpsException"><see cref="ErrorCode.NotFound"/>: it is not there, or the caller may not see it.</exception>
    public static async Task<Deployment> Visible(this IDeploymentStore deployments, HttpContext context)
    {
        var found = await deployments.Find(context.PathId<DeploymentId>(DeploymentEndpoints.What), context.RequestAborted)
            ?? throw CallerExtensions.Missing(DeploymentEndpoints.What);
        context.Caller().MustSee(found.Project, DeploymentEndpoints.What);
        return found;
    }
}
