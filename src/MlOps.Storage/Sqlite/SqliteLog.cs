using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using MlOps.InferenceLogs;
using MlOps.Sql;

namespace MlOps.Sqlite;

/// <summary>The embedded inference log: a file of its own, with a writer of its own, so that a commit of many rows never stalls a change of the catalogue.</summary>
internal sealed class SqliteLog : ILogDatabase, IDisposable
{
    // Rows of half a kilobyte, and indexes that grow at their end: pages of the usual four kilobytes cost half as much again.
    private const int PageBytes = 16 << 10;

    private readonly SqliteDatabase database;

    private SqliteLog(SqliteDatabase database) => this.database = database;

    public Statement ForUpdate => Statement.Empty;

    public Statement ForKeyShare => Statement.Empty;

    public static string FileIn(DataFolder folder) => Path.Combine(folder.Path, "inference.db");

    /// <exception cref="StorageStartException">The file cannot be used. The message says what to do.</exception>
    public static SqliteLog Open(DataFolder folder, ILogger logger)
    {
        // synchronous=normal: a power cut may take back the last commits, each as a whole, its position with its rows. The journal keeps what it has committed for
        // an hour and is then read again from the older position, so nothing is lost, and nobody waits for the disk.
        var connections = new SqliteConnections(FileIn(folder), synchronous: "normal", pageBytes: PageBytes);
        return new(SqliteDatabase.Open("inference log", connections, Bind, SqliteSchema.InferenceLog, logger));
    }

    // SQLite looks for each parameter's name among those of all before it: what a key costs grows with the keys of its statement.
    public int KeysAtOnce => 30;

    public Task<T> Read<T>(Func<SqlSession, Task<T>> work, CancellationToken cancellation) => database.Read(work, cancellation);

    public Task<T> Write<T>(Func<SqlSession, Task<T>> work, CancellationToken cancellation) => database.Write(work, cancellation);

    // It does so by itself.
    public Task WalkInOrder(SqlSession session) => Task.CompletedTask;

    public Task<bool> HasPlace(SqlSession session, IReadOnlyList<LogRow> rows) => Task.FromResult(true);

    public Task MakePlace(IReadOnlyList<LogRow> rows, CancellationToken cancellation) => Task.CompletedTask;

    public Task Insert(SqlSession session, IReadOnlyList<LogRow> rows, RowNumbers numbers)
    {
        try
        {
            using var insert = new SqliteRowInsert((SqliteConnection)session.Connection);
            foreach (var row in rows)
            {
                LogRows.Check(row);
                insert.Add(row, numbers);
            }

            return Task.CompletedTask;
        }
        catch (SqliteException cause) when (SqliteFault.IsOfTheData(cause))
        {
            throw new RowsRefusedException(cause.Message, cause);
        }
    }

    public Task<bool> DropRows(DateTimeOffset before, CancellationToken cancellation)
    {
        var hour = UtcHour.Of(before);
        var end = LogRange.Of(null, hour.Start, null).End;
        return database.Write(
            async session =>
            {
                if (await LogForgetting.Counts(session, hour))
                {
                    return true;
                }

                return end is { } oldest
                    && (int?)await session.Number(
                        $"select number from inference_deployments d where exists (select 1 from inference_rows where deployment = d.number and id < {oldest}) limit 1") is { } deployment
                    && await LogForgetting.Rows(session, deployment, oldest);
            },
            cancellation);
    }

    public void Dispose() => database.Dispose();

    // Ids as their bytes in the order in which they sort; the driver's own order is another.
    private static void Bind(DbCommand command, string name, object? value) =>
        ((SqliteCommand)command).Parameters.AddWithValue(
            name,
            value switch
            {
                null => DBNull.Value,
                Guid id => id.ToByteArray(bigEndian: true),
                _ => value,
            });
}
