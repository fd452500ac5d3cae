using Microsoft.Extensions.Logging;
using MlOps.Access;
using MlOps.Deployments;
using MlOps.Predictions;

namespace MlOps.Projects;

/// <inheritdoc cref="ISiloReplicas" />
internal sealed partial class SiloReplicas(GrainId id, Silo silo, ILoggerFactory logs, ReplicaHost host, KeyRing keys) : GrainService(id, silo, logs), ISiloReplicas
{
    private readonly ILogger logger = logs.CreateLogger<SiloReplicas>();

    public async Task Prepare(Deployment deployment)
    {
        if (await host.Prepare(deployment, CancellationToken.None) is { } failure)
        {
            throw failure;
        }
    }

    public async Task<long> Apply(ProjectState state)
    {
        var epoch = host.Apply(state);
        if (await host.Rebin(state, CancellationToken.None) is { } failure)
        {
            LogUnbinned(state.Id, failure);
        }

        return epoch;
    }

    public Task Forget(ProjectId project)
    {
        host.Forget(project);
        return Task.CompletedTask;
    }

    public Task<long> ApplyKeys(long epoch) => keys.Refresh(epoch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Predictions of project {Project} stay without bins until its next change: a model that was given a baseline could not be loaded again")]
    private partial void LogUnbinned(ProjectId project, Exception failure);
}
