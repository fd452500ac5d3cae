namespace MlOps.Jobs;

/// <summary>
/// The name under which this process holds jobs: a UUID kept in its data folder. One process at a time has the folder, so what is held by this name at start
/// belonged to one that is gone, and need not grow stale first.
/// </summary>
internal static class JobOwner
{
    public static string Of(DataFolder data, TimeProvider time)
    {
        if (File.Exists(data.JobOwner) && Guid.TryParseExact(File.ReadAllText(data.JobOwner).Trim(), "D", out var kept))
        {
            return kept.ToString("D");
        }

        // Renamed into place: a kill never leaves half a name.
        var made = Guid.CreateVersion7(time.GetUtcNow()).ToString("D");
        File.WriteAllText(data.JobOwner + ".new", made);
        File.Move(data.JobOwner + ".new", data.JobOwner, overwrite: true);
        return made;
    }
}
