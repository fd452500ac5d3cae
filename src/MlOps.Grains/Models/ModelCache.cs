namespace MlOps.Models;

/// <summary>Model files on this silo's disk, fetched from the catalogue once. The folder may be deleted at any time.</summary>
internal sealed class ModelCache(IModelStore store, DataFolder data)
{
    /// <summary>The path of the model's graph, with its external data beside it.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.ModelError"/> when the catalogue lacks a file or it is damaged there; a fault of the disk.</exception>
    public async Task<string> Fetch(RegisteredModel model, CancellationToken cancellation)
    {
        var folder = Path.Combine(data.ModelCache, model.Digest);
        var graph = Path.Combine(folder, "model.onnx");
        if (File.Exists(graph))
        {
            return graph;
        }

        try
        {
            await Fetch(model, folder, graph, cancellation);
            return graph;
        }
        catch (InvalidDataException damaged)
        {
            throw new MlOpsException(
                ErrorCode.ModelError,
                $"A file of the model '{model.Name}' is damaged in the catalogue. Delete the model and register it again, or restore a backup.",
                inner: damaged);
        }
        catch (Exception failure) when (StorageFault.Of(failure) is not null)
        {
            throw StorageFault.Of(failure)!;
        }
    }

    /// <summary>Removes what fetches left that ended with their process.</summary>
    public void RemoveUnfinished()
    {
        foreach (var folder in Directory.EnumerateDirectories(data.ModelCache).Where(path => Path.GetFileName(path).Contains('.', StringComparison.Ordinal)))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task Fetch(RegisteredModel model, string folder, string graph, CancellationToken cancellation)
    {
        // Complete or not there at all: the folder is renamed into place when every file is in it.
        var temporary = Path.Combine(data.ModelCache, $"{model.Digest}.{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}");
        Directory.CreateDirectory(temporary);
        try
        {
            foreach (var part in model.Parts.Where(part => part.Kind is PartKind.Graph or PartKind.ExternalData))
            {
                var path = Path.Combine(temporary, part.Kind == PartKind.Graph ? "model.onnx" : part.Name);
                await using var file = File.Create(path);
                if (!await store.Read(part.Sha256, file, cancellation))
                {
                    throw new MlOpsException(ErrorCode.ModelError, $"A file of the model '{model.Name}' is missing in the catalogue. Register the model again.");
                }
            }

            Directory.Move(temporary, folder);
        }
        catch (IOException) when (File.Exists(graph))
        {
            // Another load was faster.
        }
        finally
        {
            if (Directory.Exists(temporary))
            {
                Directory.Delete(temporary, recursive: true);
            }
        }
    }
}
