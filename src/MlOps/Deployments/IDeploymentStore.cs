using MlOps.Projects;

namespace MlOps.Deployments;

/// <summary>Reads of deployments; they are written through <see cref="IProjectStore.Commit"/>.</summary>
public interface IDeploymentStore
{
    Task<Deployment?> Find(DeploymentId id, CancellationToken cancellation);

    Task<Page<Deployment>> List(ProjectId project, PageRequest page, CancellationToken cancellation);

    /// <summary>The deployment that was in production before the present one (or before there was none); null when there never was.</summary>
    Task<Deployment?> PreviousProduction(ProjectId project, CancellationToken cancellation);
}
