using System.Collections.Frozen;
using MlOps.Deployments;
using MlOps.Projects;

namespace MlOps.Predictions;

/// <summary>What a project serves, as of one epoch.</summary>
/// <param name="Edition">The catalogue that counts the epoch.</param>
/// <param name="Canaries">Null while there are none.</param>
/// <param name="Deployments">Those in staging or production.</param>
internal sealed record ProjectRoutes(
    CatalogueEdition Edition, long Epoch, DeploymentId? Production, CanarySplit? Canaries, FrozenSet<DeploymentId> Deployments)
{
    public static ProjectRoutes Of(ProjectState state) =>
        new(state.Edition, state.Epoch, state.Production?.Id, CanarySplit.Of(state), state.Deployments.Select(deployment => deployment.Id).ToFrozenSet());

    /// <summary>The canary that is to answer a request; null when production is. The same key has the same answer, without one it is drawn.</summary>
    public DeploymentId? Choose(ProjectId project, string? routingKey, SlotDraw draw) =>
        Canaries?.At(routingKey is null ? draw.Next() : CanarySplit.Slot(project, routingKey));

    /// <summary>The percent of the project's address that a deployment gets while these canaries are loaded; nobody gets any without a production.</summary>
    public int ShareOf(DeploymentId id, Func<DeploymentId, bool> isLoaded)
    {
        if (Production is null)
        {
            return 0;
        }

        var taken = 0;
        foreach (var (canary, percent) in Canaries?.Canaries ?? [])
        {
            var gets = isLoaded(canary) ? percent : 0;
            if (canary == id)
            {
                return gets;
            }

            taken += gets;
        }

        return id == Production ? 100 - taken : 0;
    }
}
