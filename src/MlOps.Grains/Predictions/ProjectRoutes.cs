using System.Collections.Frozen;
using MlOps.Deployments;
using MlOps.Projects;

namespace MlOps.Predictions;

/// <summary>What a project serves, as of one epoch.</summary>
/// <param name="Edition">The catalogue that counts the epoch.</param>
/// <param name="Deployments">Those in staging or production.</param>
internal sealed record ProjectRoutes(CatalogueEdition Edition, long Epoch, DeploymentId? Production, FrozenSet<DeploymentId> Deployments)
{
    public static ProjectRoutes Of(ProjectState state) =>
        new(state.Edition, state.Epoch, state.Production?.Id, state.Deployments.Select(deployment => deployment.Id).ToFrozenSet());
}
