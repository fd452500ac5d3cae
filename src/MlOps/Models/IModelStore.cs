using System.Collections.Immutable;
using MlOps.Projects;

namespace MlOps.Models;

/// <summary>Durable models and their files, in chunks, by SHA-256.</summary>
public interface IModelStore
{
    /// <summary>
    /// Stores the files that are not there yet, then, in one transaction under the project's epoch row, the model, its timeline event and
    /// the idempotency row. False when the project is gone.
    /// </summary>
    /// <param name="files">For each SHA-256 of the model's parts a local file with these bytes.</param>
    Task<bool> Add(
        RegisteredModel model, IReadOnlyDictionary<string, string> files, TimelineEvent registered, IdempotencyEntry? idempotency, CancellationToken cancellation);

    Task<ModelListing?> Find(ModelId id, CancellationToken cancellation);

    Task<Page<ModelListing>> List(ModelQuery query, PageRequest page, CancellationToken cancellation);

    /// <summary>
    /// Deletes a model and the files that no other model needs, under the project's epoch row. Answers the deployments that are not archived and
    /// keep it from being deleted: empty when it is deleted; null when there was no such model.
    /// </summary>
    Task<ImmutableArray<string>?> Delete(ModelId id, TimelineEvent deleted, CancellationToken cancellation);

    /// <summary>Writes the bytes of a file; false when there is none of that hash.</summary>
    Task<bool> Read(string sha256, Stream destination, CancellationToken cancellation);
}

/// <summary>Which models, in which order.</summary>
/// <param name="Only">The one project that the caller sees.</param>
/// <param name="Type">The algorithm, case aside.</param>
/// <param name="Search">Part of name, algorithm or project name, case aside.</param>
/// <param name="SortMetric">A key of the metrics; null sorts by creation.</param>
public sealed record ModelQuery(
    ProjectId? Only, ProjectId? Project, string? Type, bool? IsProduction, bool? IsStaging, string? Search, string? SortMetric, bool Descending);
