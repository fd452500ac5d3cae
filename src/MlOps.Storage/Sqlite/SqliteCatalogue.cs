using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using MlOps.Sql;

namespace MlOps.Sqlite;

/// <summary>The embedded catalogue: one file in the data folder, one writer, any number of readers.</summary>
internal sealed class SqliteCatalogue : ICatalogue, IDisposable
{
    private readonly ConcurrentBag<SqliteConnection> idle = [];
    private readonly SqliteWriter writer;

    private SqliteCatalogue(SqliteConnections connections)
    {
        Connections = connections;
        writer = new(connections);
    }

    public SqliteConnections Connections { get; }

    // Orleans' word for SQLite; what it loads by it is Microsoft.Data.Sqlite.
    public OrleansDatabase Orleans => new("System.Data.SQLite", Connections);

    // Pages of 4 KiB: what the chunk of one step leaves, and a little more.
    public Statement? Reclaim { get; } = $"pragma incremental_vacuum(300)";

    public static string FileIn(DataFolder folder) => Path.Combine(folder.Path, "catalogue.db");

    /// <summary>Opens the file, makes it when it is not there, and brings its schema to the newest of <paramref name="migrations"/>.</summary>
    /// <exception cref="StorageStartException">The file is of a newer version, damaged, or locked, or the disk does not take it.</exception>
    public static SqliteCatalogue Open(DataFolder folder, ImmutableArray<SqliteMigration> migrations, ILogger logger)
    {
        var path = FileIn(folder);
        try
        {
            DataFolderLock.MakePrivateFile(path);
            SqliteRestore.Check(path);
            var connections = new SqliteConnections(path);
            SqliteSchema.Bring(connections, migrations, logger);
            return new(connections);
        }
        catch (SqliteException cause)
        {
            throw new StorageStartException(
                $"The catalogue {path} cannot be opened: {cause.Message} "
                + (SqliteFault.IsOfTheDisk(cause)
                    ? "Its disk is full, read-only, or fails: free space on it, or make the data folder writable."
                    : "Close other programs that use it; if it is damaged, restore a backup."),
                cause);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw StorageStartException.Of(path, cause);
        }
    }

    /// <remarks>Runs on the caller's thread: a read takes microseconds and waits for nobody.</remarks>
    public async Task<T> Read<T>(Func<SqlSession, Task<T>> work, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        SqliteConnection? connection = null;
        try
        {
            connection = idle.TryTake(out var free) ? free : Connections.OpenReader();
            T result;
            using (var transaction = connection.BeginTransaction(IsolationLevel.Serializable, deferred: true))
            {
                result = await work(new SqlSession(connection, transaction, Bind));
            }

            idle.Add(connection);
            return result;
        }
        catch (Exception cause)
        {
            // Never used again after an error, so that none outlives its cause.
            connection?.Dispose();
            if (cause is SqliteException failure && SqliteFault.OfRead(failure) is { } refusal)
            {
                throw refusal;
            }

            throw;
        }
    }

    public Task<T> Write<T>(Func<SqlSession, Task<T>> work, CancellationToken cancellation) => writer.Write(work, cancellation);

    // Not by a path: a key may hold any character.
    public Statement NumberIn(Statement column, string key) =>
        $"(select j.value from json_each({column}) j where j.key = {key} and j.type in ('integer', 'real') limit 1)";

    public void Dispose()
    {
        writer.Dispose();
        while (idle.TryTake(out var connection))
        {
            connection.Dispose();
        }
    }

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
