using Microsoft.Extensions.Logging;
using MlOps.Access;
using MlOps.Deployments;
using MlOps.Predictions;

namespace MlOps.Projects;

/// <inheritdoc cref="ISiloReplicas" />
internal sealed class SiloReplicas(GrainId id, Silo silo, ILoggerFactory logs, ReplicaHost host, KeyRing keys) : GrainService(id, silo, logs), ISiloReplicas
{
    public async Task Prepare(Deployment deployment)
    {
        if (await host.Prepare(deployment, CancellationToken.None) is { } failure)
        {
            throw failure;
        }
    }

    public Task<long> Apply(ProjectState state) => Task.FromResult(host.Apply(state));

    public Task Forget(ProjectId project)
    {
        host.Forget(project);
        return Task.CompletedTask;
    }

    public Task<long> ApplyKeys(long epoch) => keys.Refresh(epoch);
}
