using System.Collections.Immutable;
using MlOps.Contributions;
using MlOps.Jobs;
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
        RegisteredModel model, IReadOnlyDictionary<string, string> files, TimelineEvent registered, IdempotencyEntry? idempotency, CancellationToken cancellation) =>
        Add(model, new UploadedParts(files, []), registered, idempotency, cancellation);

    /// <summary>The same, with the job that reads the model's rows when <see cref="RegisteredModel.BaselineJob"/> is set, and with files that were staged.</summary>
    Task<bool> Add(RegisteredModel model, UploadedParts parts, TimelineEvent registered, IdempotencyEntry? idempotency, CancellationToken cancellation);

    /// <summary>Begins a file that comes in pieces: the end of a large upload waits for no copy then.</summary>
    Task<IStagedFile> Stage(CancellationToken cancellation);

    /// <summary>
    /// Gives a model without a baseline the rows of one, under the project's epoch row: the frozen bins, or the job that freezes them. Parts of a baseline that
    /// failed before are replaced.
    /// </summary>
    /// <param name="model">With its new parts and warnings, and its baseline or job.</param>
    Task<BaselineAdded> AddBaseline(RegisteredModel model, UploadedParts parts, TimelineEvent added, CancellationToken cancellation);

    /// <summary>Stores what a job made of a model's rows, under the project's epoch row, and ends the job; false when it is not its holder's any more.</summary>
    Task<bool> CompleteBaseline(RegisteredModel model, JobCompletion completion, CancellationToken cancellation);

    Task<ModelListing?> Find(ModelId id, CancellationToken cancellation);

    Task<Page<ModelListing>> List(ModelQuery query, PageRequest page, CancellationToken cancellation);

    /// <summary>
    /// Deletes a model and the files that no other model needs, under the project's epoch row. Answers the deployments that are not archived and
    /// keep it from being deleted: empty when it is deleted; null when there was no such model.
    /// </summary>
    Task<ImmutableArray<string>?> Delete(ModelId id, TimelineEvent deleted, CancellationToken cancellation);

    /// <summary>What explaining a model needs; null where it has nothing of that.</summary>
    Task<ContributionBasis?> ReadBasis(ModelId id, CancellationToken cancellation);

    /// <summary>Writes the bytes of a file; false when there is none of that hash.</summary>
    Task<bool> Read(string sha256, Stream destination, CancellationToken cancellation);
}

/// <summary>What became of an attempt to give a model a baseline.</summary>
public enum BaselineAdded
{
    Added,

    /// <summary>The model has one, or a job that makes one.</summary>
    HasOne,

    /// <summary>There is no such model any more.</summary>
    Gone,
}

/// <summary>The bytes of a model's parts.</summary>
/// <param name="Paths">SHA-256 → local file.</param>
/// <param name="Staged">Those that are in the catalogue already, and belong to nobody yet.</param>
public sealed record UploadedParts(IReadOnlyDictionary<string, string> Paths, ImmutableArray<IStagedFile> Staged);

/// <summary>A file on its way into the catalogue. Disposing of it gives it up, unless a model has taken it.</summary>
public interface IStagedFile : IAsyncDisposable
{
    /// <summary>Known when it is complete; empty before.</summary>
    string Sha256 { get; }

    Task Append(ReadOnlyMemory<byte> bytes, CancellationToken cancellation);

    /// <summary>No more bytes come.</summary>
    Task Complete(string sha256, CancellationToken cancellation);
}

/// <summary>Which models, in which order.</summary>
/// <param name="Only">The one project that the caller sees.</param>
/// <param name="Type">The algorithm, case aside.</param>
/// <param name="Search">Part of name, algorithm or project name, case aside.</param>
/// <param name="SortMetric">A key of the metrics; null sorts by creation.</param>
public sealed record ModelQuery(
    ProjectId? Only, ProjectId? Project, string? Type, bool? IsProduction, bool? IsStaging, string? Search, string? SortMetric, bool Descending);
