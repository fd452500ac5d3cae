using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MlOps.Models;
using MlOps.Models.Registration;
using MlOps.Projects;

namespace MlOps.Jobs;

/// <summary>
/// Reads the rows that a model came with, or was given, and freezes its bins. Everything is fetched from the catalogue, so any silo can do it; the reading is done by a
/// child process, for the files come from anywhere.
/// </summary>
internal sealed class BaselineWork(IModelStore models, ModelCache cache, IModelChecker checker, IGrainFactory grains, DataFolder data, TimeProvider time)
{
    private const double FetchingShare = 0.1;

    /// <exception cref="MlOpsException">Why there is no baseline.</exception>
    /// <exception cref="OperationCanceledException">The job is not ours any more.</exception>
    public async Task Run(Job job, JobClaim claim, CancellationToken cancellation)
    {
        if (job.Model is not { } id || (await models.Find(id, cancellation))?.Model is not { } model)
        {
            return;
        }

        var folder = Directory.CreateDirectory(Path.Combine(data.Uploads, $"job-{job.Id}")).FullName;
        try
        {
            using var files = await cache.Fetch(model, cancellation);
            var upload = await Upload(model, files, folder, claim, cancellation);
            var settled = job.Type == Job.AddedBaseline;
            var read = await checker.ReadWhole(
                upload, settled ? model.Signature : null, share => claim.Tell(FetchingShare + (share * (1 - FetchingShare))), cancellation);
            var frozen = settled
                ? model with { Baseline = read.Baseline, Basis = read.Contributions, Warnings = [.. model.Warnings.Concat(read.Warnings).Distinct(StringComparer.Ordinal)] }
                : WholeBaseline.Settle(model, read);
            if (await models.CompleteBaseline(frozen, new JobCompletion(job.Id, claim.Owner, Result(frozen, read), time.GetUtcNow()), CancellationToken.None))
            {
                await grains.GetGrain<IProjectGrain>(model.Project.Value).Announce(CancellationToken.None);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<ModelUpload> Upload(RegisteredModel model, CachedModel files, string folder, JobClaim claim, CancellationToken cancellation)
    {
        var weights = model.Parts.Where(part => part.Kind == PartKind.ExternalData).ToImmutableDictionary(part => part.Name, files.PathOf, StringComparer.Ordinal);
        return new ModelUpload(
            files.Graph, weights, await Fetch(model, PartKind.Baseline, folder, claim, cancellation), await Fetch(model, PartKind.Reference, folder, claim, cancellation),
            await Fetch(model, PartKind.Covers, folder, claim, cancellation), model.Metadata);
    }

    private async Task<string?> Fetch(RegisteredModel model, PartKind kind, string folder, JobClaim claim, CancellationToken cancellation)
    {
        if (model.Parts.FirstOrDefault(part => part.Kind == kind) is not { } part)
        {
            return null;
        }

        var path = Path.Combine(folder, kind.ToString());
        var all = model.Parts.Where(one => one.Kind is PartKind.Baseline or PartKind.Reference).Sum(one => one.Size);
        await using var file = new FetchedFile(path, bytes => claim.Tell(FetchingShare * bytes / Math.Max(1, all)));
        if (!await models.Read(part.Sha256, file, cancellation))
        {
            throw new MlOpsException(ErrorCode.InvalidBaseline, $"The {kind.ToString().ToLowerInvariant()}'s file is missing in the catalogue. Send it again.");
        }

        return path;
    }

    /// <summary>Tells how much of it has been written.</summary>
    private sealed class FetchedFile(string path, Action<long> written) : FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1)
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await base.WriteAsync(buffer, cancellationToken);
            written(Position);
        }
    }

    private static string Result(RegisteredModel model, CheckedModel read) => new JsonObject
    {
        ["model_id"] = model.Id.ToString(),
        ["baseline_rows"] = model.Baseline!.Rows,
        ["warnings"] = new JsonArray([.. read.Warnings.Select(warning => (JsonNode)warning)]),
    }.ToJsonString();
}
