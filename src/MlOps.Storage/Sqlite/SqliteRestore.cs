namespace MlOps.Sqlite;

/// <summary>Keeps a restored backup from being read together with the log of the catalogue that it replaced, which would destroy it.</summary>
internal static class SqliteRestore
{
    // Where the file's header says how it is written: 1 with a rollback journal, as backups are, 2 with a write-ahead log, as catalogues are from their first moment on.
    private const int WriteFormat = 18;
    private const byte WithoutLog = 1;

    /// <exception cref="StorageStartException">A log lies beside a file that has none.</exception>
    public static void Check(string path)
    {
        var log = path + "-wal";
        if (!File.Exists(log))
        {
            return;
        }

        using var file = File.OpenRead(path);
        Span<byte> header = stackalloc byte[WriteFormat + 1];
        if (file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) == header.Length && header[WriteFormat] == WithoutLog)
        {
            throw new StorageStartException(
                $"{path} is a restored backup, but {log} of the catalogue before it still lies beside it. Remove {log} and {path}-shm; "
                + "when that catalogue is still wanted, move them to where its file was moved.");
        }
    }
}
