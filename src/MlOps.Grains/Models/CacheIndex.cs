namespace MlOps.Models;

/// <summary>What lies in the cache's folder: sizes, last uses and holders. Read from the folder once; the time of a model's folder is its last use, so the order outlives the process.</summary>
internal sealed class CacheIndex
{
    private readonly string folder;
    private readonly long limit;
    private readonly Lock gate = new();
    private readonly Dictionary<string, CachedModel> models = new(StringComparer.Ordinal);
    private long total;

    public CacheIndex(string folder, long limit)
    {
        (this.folder, this.limit) = (folder, limit);
        foreach (var found in Directory.CreateDirectory(folder).EnumerateDirectories())
        {
            if (found.Name.Contains('.', StringComparison.Ordinal))
            {
                // A fetch that did not come to its end.
                found.Delete(recursive: true);
                continue;
            }

            var model = new CachedModel(this, found.FullName) { Bytes = found.EnumerateFiles().Sum(file => file.Length), LastUsed = found.LastWriteTimeUtc };
            models.Add(found.Name, model);
            total += model.Bytes;
        }
    }

    /// <summary>The model's place, kept from being cleared away until it is disposed of.</summary>
    public CachedModel Hold(string digest, DateTimeOffset now)
    {
        lock (gate)
        {
            if (!models.TryGetValue(digest, out var model))
            {
                models.Add(digest, model = new CachedModel(this, Path.Combine(folder, digest)));
            }

            model.Holders++;
            model.LastUsed = now;
            return model;
        }
    }

    public void Release(CachedModel model)
    {
        lock (gate)
        {
            model.Holders--;
        }
    }

    /// <summary>Counts a model that is about to be written, and takes away what has not been used for longest until it fits, or all is in use.</summary>
    public void MakeRoom(CachedModel model, long bytes)
    {
        lock (gate)
        {
            total += bytes - model.Bytes;
            model.Bytes = bytes;
            foreach (var (digest, unused) in models.Where(each => each.Value.Holders == 0).OrderBy(each => each.Value.LastUsed).ToList())
            {
                if (total <= limit)
                {
                    return;
                }

                unused.Delete();
                models.Remove(digest);
                total -= unused.Bytes;
            }
        }
    }
}

/// <summary>One model's files on disk. Disposing gives the hold back.</summary>
internal sealed class CachedModel(CacheIndex index, string folder) : IDisposable
{
    /// <summary>One fetch of the model at a time.</summary>
    public SemaphoreSlim Turn { get; } = new(1);

    /// <summary>Its bytes have been compared with their hashes by this process.</summary>
    public bool IsVerified { get; set; }

    public long Bytes { get; set; }

    public DateTimeOffset LastUsed { get; set; }

    public int Holders { get; set; }

    public string Folder => folder;

    /// <summary>The path of the model's graph; its external data lie beside it.</summary>
    public string Graph { get; } = Path.Combine(folder, "model.onnx");

    public string PathOf(ModelPart part) => part.Kind == PartKind.Graph ? Graph : Path.Combine(folder, part.Name);

    public void Delete()
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public void Dispose() => index.Release(this);
}
