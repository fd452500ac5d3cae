using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace MlOps.Models;

/// <summary>
/// Remembers across a crash which files were being loaded: a marker is written before a load and cleared after it. One that is found at start
/// belongs to a file that killed the process, or was killed with it; two in a row mean the file.
/// </summary>
internal sealed partial class LoadMarkers
{
    private const string Second = ".again";

    private readonly string folder;
    private readonly ILogger<LoadMarkers> log;
    private readonly ConcurrentDictionary<string, int> found = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> loading = new(StringComparer.Ordinal);

    public LoadMarkers(DataFolder data, ILogger<LoadMarkers> log)
    {
        this.log = log;
        folder = Directory.CreateDirectory(data.LoadMarkers).FullName;
        foreach (var path in Directory.EnumerateFiles(folder))
        {
            var name = Path.GetFileName(path);
            found[name.EndsWith(Second, StringComparison.Ordinal) ? name[..^Second.Length] : name] = name.EndsWith(Second, StringComparison.Ordinal) ? 2 : 1;
        }
    }

    /// <summary>How many starts in a row found the file's load unfinished: 0, 1 or 2.</summary>
    public int Unfinished(string digest) => found.GetValueOrDefault(digest);

    /// <summary>Notes in a file that the load begins. It outlives the process; it need not outlive the machine, which no model brings down, and waiting for the disk would be most of a load.</summary>
    /// <exception cref="MlOpsException">The disk does not take the marker: the file must not be loaded without one.</exception>
    public void Begin(string digest)
    {
        lock (loading)
        {
            // Deployments of one file load it side by side: its marker stands from the first one's beginning to the last one's end.
            var others = loading.GetValueOrDefault(digest);
            if (others == 0)
            {
                Write(digest);
            }

            loading[digest] = others + 1;
        }
    }

    /// <summary>Notes that the process outlived the load.</summary>
    public void End(string digest)
    {
        lock (loading)
        {
            if (loading[digest] > 1)
            {
                loading[digest]--;
                return;
            }

            loading.Remove(digest);
            found.TryRemove(digest, out _);
            Remove(digest);
        }
    }

    private void Write(string digest)
    {
        try
        {
            File.Create(PathOf(digest)).Dispose();
        }
        catch (Exception failure) when (StorageFault.Of(failure) is not null)
        {
            throw StorageFault.Of(failure)!;
        }
    }

    private void Remove(string digest)
    {
        try
        {
            File.Delete(Path.Combine(folder, digest));
            File.Delete(Path.Combine(folder, digest + Second));
        }
        catch (Exception failure) when (StorageFault.Of(failure) is not null)
        {
            // What has been loaded is served. The marker that stays costs one check by the next process.
            LogKept(log, failure, digest);
        }
    }

    private string PathOf(string digest) => Path.Combine(folder, Unfinished(digest) > 0 ? digest + Second : digest);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The marker of the finished load of {Digest} could not be removed")]
    private static partial void LogKept(ILogger logger, Exception failure, string digest);
}
