using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using MlOps.Sqlite;

namespace MlOps.Tests.Sqlite;

/// <summary>A catalogue in a folder of its own.</summary>
internal sealed class SqliteFolder : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly DataFolderLock held;

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

    public StorageUnderTest Stores() => new(Catalogue, this);

    /// <summary>Closes the catalogue and opens it again, as the next process would.</summary>
    public void Reopen()
    {
        Catalogue.Dispose();
        Catalogue = SqliteCatalogue.Open(Folder, SqliteSchema.All, NullLogger.Instance);
    }

    public void Dispose()
    {
        Catalogue.Dispose();
        held.Dispose();
        folder.Dispose();
    }
}
