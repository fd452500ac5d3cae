using System.Collections.Concurrent;

namespace MlOps.Models;

/// <summary>
/// Remembers across a crash which files were being loaded: a marker is written before a load and cleared after it. One that is found at start
/// belongs to a file that killed the process, or was killed with it; two in a row mean the file.
/// </summary>
internal sealed class LoadMarkers
{
    private const string Second = ".again";

    private readonly string folder;
    private readonly ConcurrentDictionary<string, int> found = new(StringComparer.Ordinal);

    public LoadMarkers(DataFolder data)
    {
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
    public void Begin(string digest) => File.Create(PathOf(digest)).Dispose();

    /// <summary>Notes that the process outlived the load.</summary>
    public void End(string digest)
    {
        File.Delete(Path.Combine(folder, digest));
        File.Delete(Path.Combine(folder, digest + Second));
        found.TryRemove(digest, out _);
    }

    private string PathOf(string digest) => Path.Combine(folder, Unfinished(digest) > 0 ? digest + Second : digest);
}
