using System.Collections.Immutable;
using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using MlOps.Sql;

namespace MlOps.Sqlite;

/// <summary>The embedded catalogue: one file in the data folder.</summary>
internal sealed class SqliteCatalogue : ICatalogue, IDisposable
{
    private readonly SqliteDatabase database;

    private SqliteCatalogue(SqliteDatabase database) => this.database = database;

    public SqliteConnections Connections => database.Connections;

    // Orleans' word for SQLite; what it loads by it is Microsoft.Data.Sqlite.
    public OrleansDatabase Orleans => new("System.Data.SQLite", Connections);

    // Pages of 4 KiB: what the chunk of one step leaves, and a little more.
    public Statement? Reclaim { get; } = $"pragma incremental_vacuum(300)";

    public static string FileIn(DataFolder folder) => Path.Combine(folder.Path, "catalogue.db");

    public static SqliteCatalogue Open(DataFolder folder, ImmutableArray<SqliteMigration> migrations, ILogger logger)
    {
        // synchronous=full: the log is on the disk when a commit answers. Without it a power cut could take back a promote that has been answered.
        var connections = new SqliteConnections(FileIn(folder), synchronous: "full");
        return new(SqliteDatabase.Open("catalogue", connections, Bind, migrations, logger, SqliteEdition.Put));
    }

    public Task<T> Read<T>(Func<SqlSession, Task<T>> work, CancellationToken cancellation) => database.Read(work, cancellation);

    public Task<T> Write<T>(Func<SqlSession, Task<T>> work, CancellationToken cancellation) => database.Write(work, cancellation);

    // Not by a path: a key may hold any character.
    public Statement NumberIn(Statement column, string key) =>
        $"(select j.value from json_each({column}) j where j.key = {key} and j.type in ('integer', 'real') limit 1)";

    public void Dispose() => database.Dispose();

    public static void Bind(DbCommand command, string name, object? value) =>
        ((SqliteCommand)command).Parameters.AddWithValue(
            name,
            value switch
            {
                null => DBNull.Value,
                Guid id => id.ToString("D"),
                _ => value,
            });
}
