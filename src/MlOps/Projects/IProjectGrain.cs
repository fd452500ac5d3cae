using MlOps.Access;
using MlOps.Deployments;

namespace MlOps.Projects;

/// <summary>
/// Serialises the changes of one project and enforces the single-production rule. Each method answers only when every silo
/// that may serve the project has acknowledged its epoch, no-ops included.
/// </summary>
[Alias("MlOps.IProjectGrain")]
public interface IProjectGrain : IGrainWithGuidKey
{
    /// <summary>Creates a deployment in staging or production.</summary>
    [Alias("Create")]
    Task<LifecycleOutcome> Create(DeploymentId id, DeploymentSpec spec, Stage stage, ChangeRequest request, CancellationToken cancellation = default);

    [Alias("Promote")]
    Task<LifecycleOutcome> Promote(DeploymentId id, ChangeRequest request, CancellationToken cancellation = default);

    /// <param name="id">The deployment in the path: any of the project.</param>
    /// <param name="created">The id for a deployment that has to be made.</param>
    [Alias("Rollback")]
    Task<LifecycleOutcome> Rollback(DeploymentId id, RollbackTarget target, DeploymentId created, ChangeRequest request, CancellationToken cancellation = default);

    [Alias("Deactivate")]
    Task<LifecycleOutcome> Deactivate(DeploymentId id, ChangeRequest request, CancellationToken cancellation = default);

    [Alias("Update")]
    Task<LifecycleOutcome> Update(DeploymentId id, DeploymentPatch patch, ChangeRequest request, CancellationToken cancellation = default);

    [Alias("DeleteDeployment")]
    Task DeleteDeployment(DeploymentId id, ChangeRequest request, CancellationToken cancellation = default);

    /// <summary>Tells every silo of the project as it is stored: one of its models was given a baseline.</summary>
    [Alias("Announce")]
    Task Announce(CancellationToken cancellation = default);

    /// <summary>Removes the whole project; false when there is none.</summary>
    [Alias("Delete")]
    Task<bool> Delete(ChangeRequest request, CancellationToken cancellation = default);
}

/// <summary>Who asks for a change, and under which idempotency key.</summary>
[GenerateSerializer, Immutable, Alias("MlOps.ChangeRequest")]
public sealed record ChangeRequest(Caller Caller, IdempotencyEntry? Idempotency);
