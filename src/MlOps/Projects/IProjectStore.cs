using System.Collections.Immutable;
using MlOps.Deployments;
using MlOps.Models;

namespace MlOps.Projects;

/// <summary>Durable projects and their changes. One change is one transaction that takes the project's epoch row first.</summary>
public interface IProjectStore
{
    Task Create(Project project, IdempotencyEntry? idempotency, CancellationToken cancellation);

    Task<ProjectListing?> Find(ProjectId id, CancellationToken cancellation);

    Task<Page<ProjectListing>> List(ProjectQuery query, PageRequest page, CancellationToken cancellation);

    /// <summary>Sets name and description; null when there is no such project.</summary>
    Task<Project?> Update(ProjectId id, string name, string? description, CancellationToken cancellation);

    /// <summary>Removes the project with its models, deployments and timeline.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.ProjectInUse"/> while it has a production deployment, named in the detail.</exception>
    Task<bool> Delete(ProjectId id, CancellationToken cancellation);

    Task<Page<TimelineEvent>> Timeline(ProjectId id, PageRequest page, CancellationToken cancellation);

    /// <summary>The project's epoch and its deployments that are not archived, read in one snapshot; null when there is no such project.</summary>
    Task<ProjectState?> Load(ProjectId id, CancellationToken cancellation);

    /// <summary>
    /// Commits a change: epoch row (fails on another epoch), deleted and put deployments in their order, history, idempotency.
    /// False when the project's epoch was another one; nothing is changed then.
    /// </summary>
    Task<bool> Commit(ProjectChange change, CancellationToken cancellation);
}

/// <summary>Which projects, in which order.</summary>
/// <param name="Only">The one project that the caller sees; null for all.</param>
/// <param name="Sort">created_at, name or model_count.</param>
public sealed record ProjectQuery(ProjectId? Only, string? Search, string Sort, bool Descending);

/// <summary>What a decision about a project is made from.</summary>
/// <param name="Deployments">Those in staging or production.</param>
/// <param name="Edition">The catalogue that counts the epoch.</param>
[GenerateSerializer, Immutable, Alias("MlOps.ProjectState")]
public sealed record ProjectState(ProjectId Id, long Epoch, ImmutableArray<Deployment> Deployments, CatalogueEdition Edition)
{
    /// <summary>Those of their models that have a baseline: one may be given after its model was loaded.</summary>
    [Id(3)]
    public ImmutableArray<ModelId> Binned { get; init; } = [];

    public Deployment? Production => Deployments.FirstOrDefault(d => d.Stage == Stage.Production);
}

/// <summary>A decided change, to be committed as a whole or not at all.</summary>
/// <param name="Put">Deployments as they are to be, new or replaced, in this order: an archived production before the one that follows it.</param>
public sealed record ProjectChange(
    ProjectId Project,
    long ExpectedEpoch,
    ImmutableArray<Deployment> Put,
    ImmutableArray<DeploymentId> Delete,
    ImmutableArray<TimelineEvent> History,
    IdempotencyEntry? Idempotency);
