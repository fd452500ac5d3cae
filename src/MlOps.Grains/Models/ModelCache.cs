using System.Collections.Immutable;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace MlOps.Models;

/// <summary>Model files on this silo's disk, fetched from the catalogue once. Bounded; the folder may be deleted at any time.</summary>
internal sealed class ModelCache(IModelStore store, DataFolder data, IOptions<ModelOptions> options, TimeProvider time)
{
    private readonly Lazy<CacheIndex> index = new(() => new CacheIndex(data.ModelCache, options.Value.CacheBytes));

    /// <summary>The model's files; they stay where they are until this is disposed of.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.ModelError"/> when the catalogue lacks a file or it is damaged there; a fault of the disk.</exception>
    public async Task<CachedModel> Fetch(RegisteredModel model, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var cached = index.Value.Hold(model.Digest, now);
        try
        {
            await cached.Turn.WaitAsync(cancellation);
            try
            {
                ImmutableArray<ModelPart> parts = [.. model.Parts.Where(part => part.Kind is PartKind.Graph or PartKind.ExternalData)];
                if (!await IsWhole(cached, parts, cancellation))
                {
                    cached.Delete();
                    index.Value.MakeRoom(cached, parts.Sum(part => part.Size));
                    await Write(cached, model, parts, cancellation);
                }

                cached.IsVerified = true;
                Directory.SetLastWriteTimeUtc(cached.Folder, now.UtcDateTime);
                return cached;
            }
            finally
            {
                cached.Turn.Release();
            }
        }
        catch (Exception failure)
        {
            cached.Dispose();
            if (StorageFault.Of(failure) is { } fault)
            {
                throw fault;
            }

            throw;
        }
    }

    // Files of an earlier process are read once: the machine may have gone down before their bytes were on disk.
    private static async Task<bool> IsWhole(CachedModel cached, ImmutableArray<ModelPart> parts, CancellationToken cancellation)
    {
        foreach (var part in parts)
        {
            var path = cached.PathOf(part);
            if (!File.Exists(path))
            {
                return false;
            }

            if (!cached.IsVerified)
            {
                await using var file = File.OpenRead(path);
                if (Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation)) != part.Sha256)
                {
                    return false;
                }
            }
        }

        return true;
    }

    // Complete or not there at all: the folder is renamed into place when every file is in it.
    private async Task Write(CachedModel cached, RegisteredModel model, ImmutableArray<ModelPart> parts, CancellationToken cancellation)
    {
        var temporary = $"{cached.Folder}.{Guid.CreateVersion7(time.GetUtcNow()):N}";
        Directory.CreateDirectory(temporary);
        try
        {
            foreach (var part in parts)
            {
                await using var file = File.Create(Path.Combine(temporary, Path.GetFileName(cached.PathOf(part))));
                if (!await Read(part.Sha256, file, model, cancellation))
                {
                    throw new MlOpsException(ErrorCode.ModelError, $"A file of the model '{model.Name}' is missing in the catalogue. Register the model again.");
                }
            }

            Directory.Move(temporary, cached.Folder);
        }
        finally
        {
            if (Directory.Exists(temporary))
            {
                Directory.Delete(temporary, recursive: true);
            }
        }
    }

    private async Task<bool> Read(string sha256, FileStream file, RegisteredModel model, CancellationToken cancellation)
    {
        try
        {
            return await store.Read(sha256, file, cancellation);
        }
        catch (InvalidDataException damaged)
        {
            throw new MlOpsException(
                ErrorCode.ModelError, $"A file of the model '{model.Name}' is damaged in the catalogue. Delete the model and register it again, or restore a backup.", inner: damaged);
        }
    }
}
