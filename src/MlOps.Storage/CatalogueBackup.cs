using Microsoft.Data.Sqlite;
using MlOps.Sqlite;

namespace MlOps;

/// <summary>
/// A consistent copy of the embedded catalogue, made beside a silo that serves from it, or without one. It holds projects, models with
/// their files, deployments, keys, first answers and grain state; not the admin key, nor the cache of model files, which builds itself.
/// </summary>
public static class CatalogueBackup
{
    /// <param name="target">The file to write. It is not there at all until it is complete, checked, and on the disk.</param>
    /// <returns>Its size in bytes.</returns>
    /// <exception cref="BackupException">It exists already, its folder does not, there is no catalogue, or the disk is full.</exception>
    public static long Write(StorageOptions storage, string target)
    {
        var source = SqliteCatalogue.FileIn(new DataFolder(Path.GetFullPath(storage.Data)));
        target = Path.GetFullPath(target);
        Check(source, target);
        var part = target + ".part";
        try
        {
            if (File.Exists(part))
            {
                throw new BackupException($"Another backup to {target} is under way, or was ended before its time. When none is, remove {part}, and begin again.");
            }

            DataFolderLock.MakePrivateFile(part);
            try
            {
                SqliteBackup.Copy(source, part);
                using (var written = new FileStream(part, FileMode.Open, FileAccess.ReadWrite))
                {
                    DiskSync.Flush(written.SafeFileHandle);
                }

                File.Move(part, target);
            }
            catch
            {
                File.Delete(part);
                throw;
            }

            DiskSync.FlushNames(Path.GetDirectoryName(target)!);
            return new FileInfo(target).Length;
        }
        catch (SqliteException cause)
        {
            throw new BackupException(SqliteFault.IsFull(cause) ? NoRoom(target) : $"The catalogue {source} cannot be copied to {target}: {cause.Message}", cause);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new BackupException(StorageFault.IsFull(cause) ? NoRoom(target) : $"The backup cannot be written to {target}: {cause.Message}", cause);
        }
    }

    private static void Check(string source, string target)
    {
        if (Path.Exists(target))
        {
            throw new BackupException($"{target} exists already, and a backup overwrites nothing. Give another file name, or remove it first.");
        }

        if (!Directory.Exists(Path.GetDirectoryName(target)))
        {
            throw new BackupException($"There is no folder {Path.GetDirectoryName(target)} to put the backup into. Make it first.");
        }

        if (!File.Exists(source))
        {
            throw new BackupException($"There is no catalogue {source}. Say with MLOPS__Storage__Data, or in silo.json, which data folder is to be backed up.");
        }
    }

    private static string NoRoom(string target) => $"There is not enough room for the backup on the disk of {target}. Free some, or write it to another disk.";
}
