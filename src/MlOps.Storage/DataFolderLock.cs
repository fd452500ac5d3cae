namespace MlOps;

/// <summary>Holds the data folder for the life of the process, so that no other one writes to it.</summary>
internal sealed class DataFolderLock : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly FileStream held;

    private DataFolderLock(DataFolder folder, FileStream held)
    {
        Folder = folder;
        this.held = held;
    }

    public DataFolder Folder { get; }

    /// <summary>Makes the folder when it is not there, takes it, and empties the uploads that an earlier process left.</summary>
    /// <exception cref="StorageStartException">Another process holds it, or it cannot be written.</exception>
    public static DataFolderLock Take(string path)
    {
        var folder = new DataFolder(Path.GetFullPath(path));
        var file = Path.Combine(folder.Path, "lock");
        FileStream? held = null;
        try
        {
            MakePrivate(folder.Path);
            held = Open(file);
            Sign(HolderOf(file));
            if (Directory.Exists(folder.Uploads))
            {
                Directory.Delete(folder.Uploads, recursive: true);
            }

            MakePrivate(folder.Uploads);
            MakePrivate(folder.ModelCache);
            MakePrivate(folder.LoadMarkers);
            return new(folder, held);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            var taken = held is null && File.Exists(file) && StorageFault.Of(cause) is null;
            held?.Dispose();
            throw taken
                ? new($"The data folder {folder.Path} is in use by {Holder(HolderOf(file))}. Stop that one first, or give this one a folder of its own with MLOPS__Storage__Data.", cause)
                : StorageStartException.Of(folder.Path, cause);
        }
    }

    /// <summary>An empty file that only its owner can read, where there is none yet.</summary>
    public static void MakePrivateFile(string path)
    {
        if (!File.Exists(path))
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            using var _ = new FileStream(path, OperatingSystem.IsWindows() ? options : WithPrivateMode(options));
        }
    }

    public void Dispose() => held.Dispose();

    // The lock is the operating system's: it ends with the process, however that ends.
    private static FileStream Open(string file)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
        return new(file, OperatingSystem.IsWindows() ? options : WithPrivateMode(options));
    }

    private static FileStreamOptions WithPrivateMode(FileStreamOptions options)
    {
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = Private;
        }

        return options;
    }

    // Beside it, since what is locked cannot be read by others. Only for people: a process that was killed leaves it.
    private static string HolderOf(string file) => file + ".pid";

    private static void Sign(string path)
    {
        File.Delete(path);
        MakePrivateFile(path);
        File.WriteAllText(path, $"process {Environment.ProcessId} on {Environment.MachineName}");
    }

    private static string Holder(string path)
    {
        try
        {
            return File.ReadAllText(path) is { Length: > 0 } holder ? holder : "another process";
        }
        catch (IOException)
        {
            // It is just starting.
            return "another process";
        }
    }

    // A folder that exists keeps the mode that its owner gave it; what is made in it is private all the same.
    private static void MakePrivate(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, Private | UnixFileMode.UserExecute);
        }
    }
}
