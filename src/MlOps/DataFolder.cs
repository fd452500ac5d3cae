namespace MlOps;

/// <summary>Where this process keeps its files. Held by one process at a time; an absolute path.</summary>
public sealed record DataFolder(string Path)
{
    /// <summary>Model files by SHA-256, fetched from the catalogue; may be deleted at any time.</summary>
    public string ModelCache => System.IO.Path.Combine(Path, "models");

    /// <summary>One marker per model file that is being loaded; what is found here at start killed the process, or was killed with it.</summary>
    public string LoadMarkers => System.IO.Path.Combine(Path, "loading");

    /// <summary>The name under which this folder's process holds jobs; made once.</summary>
    public string JobOwner => System.IO.Path.Combine(Path, "jobs.owner");

    /// <summary>Records of answers until the database has them; nothing in it may be deleted by hand.</summary>
    public string Journal => System.IO.Path.Combine(Path, "journal");

    /// <summary>Uploads under way; emptied at start.</summary>
    public string Uploads => System.IO.Path.Combine(Path, "uploads");
}
