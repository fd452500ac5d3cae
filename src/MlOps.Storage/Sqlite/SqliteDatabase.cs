using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using MlOps.Sql;

namespace MlOps.Sqlite;

/// <summary>One database file in the data folder, with one writer and any number of readers.</summary>
internal sealed class SqliteDatabase : IDatabase, IDisposable
{
    private readonly ConcurrentBag<SqliteConnection> idle = [];
    private readonly Action<DbCommand, string, object?> bind;
    private readonly SqliteWriter writer;

    private SqliteDatabase(string what, SqliteConnections connections, Action<DbCommand, string, object?> bind)
    {
        Connections = connections;
        this.bind = bind;
        writer = new(connections, bind, what);
    }

    public SqliteConnections Connections { get; }

    /// <param name="what">What people call it.</param>
    /// <param name="bind">How values of our types become parameters.</param>
    /// <param name="prepare">Done once the schema is up to date.</param>
    /// <exception cref="StorageStartException">It cannot be used. The message says what to do.</exception>
    public static SqliteDatabase Open(
        string what,
        SqliteConnections connections,
        Action<DbCommand, string, object?> bind,
        ImmutableArray<SqliteMigration> migrations,
        ILogger logger,
        Action<SqliteConnection>? prepare = null)
    {
        var path = connections.Path;
        try
        {
            DataFolderLock.MakePrivateFile(path);
            SqliteRestore.Check(path);
            using (var connection = connections.OpenWriter())
            {
                SqliteSchema.Bring(what, connection, connections.PageBytes, migrations, logger);
                prepare?.Invoke(connection);
            }

            return new(what, connections, bind);
        }
        catch (SqliteException cause)
        {
            throw new StorageStartException(
                $"The {what} {path} cannot be opened: {cause.Message} "
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
                result = await work(new SqlSession(connection, transaction, bind));
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

    public void Dispose()
    {
        writer.Dispose();
        while (idle.TryTake(out var connection))
        {
            connection.Dispose();
        }
    }
}
