using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using MlOps.Sqlite;
using MlOps.Tests.InferenceLogs;

namespace MlOps.Tests.Sqlite;

/// <summary>A catalogue in a folder of its own.</summary>
internal sealed class SqliteFolder : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly DataFolderLock held;
    private SqliteLog? inferenceLog;

    public SqliteFolder(ImmutableArray<SqliteMigration>? migrations = null)
    {
        held = DataFolderLock.Take(folder.Path);
        Catalogue = SqliteCatalogue.Open(held.Folder, migrations ?? SqliteSchema.All, NullLogger.Instance);
    }

    public SqliteCatalogue Catalogue { get; private set; }

    public DataFolder Folder => held.Folder;

    public string Database => Path.Combine(Folder.Path, "catalogue.db");

    public static StorageUnderTest Storage()
    {
        var folder = new SqliteFolder();
        return new(folder.Catalogue, folder);
    }

    /// <summary>The inference log in such a folder.</summary>
    public static CommittedLog Log()
    {
        var folder = new SqliteFolder();
        return new(folder.inferenceLog = folder.OpenLog(), $"create trigger no_thirteen before insert on inference_rows when new.external_id = '13' begin select raise(abort, 'no 13'); end", folder);
    }

    public SqliteLog OpenLog() => SqliteLog.Open(Folder, NullLogger.Instance);

    public StorageUnderTest Stores() => new(Catalogue, this);

    /// <summary>Closes the catalogue and opens it again, as the next process would.</summary>
    public void Reopen()
    {
        Catalogue.Dispose();
        Catalogue = SqliteCatalogue.Open(Folder, SqliteSchema.All, NullLogger.Instance);
    }

    public void Dispose()
    {
        inferenceLog?.Dispose();
        Catalogue.Dispose();
        held.Dispose();
        folder.Dispose();
    }
}
