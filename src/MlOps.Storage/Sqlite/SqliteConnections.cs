using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace MlOps.Sqlite;

/// <summary>Opens connections to one database file.</summary>
/// <param name="secondsToWait">How long a statement waits for a lock that another program holds, e.g. a backup: well under what callers wait for us.</param>
/// <param name="synchronous">What the disk must have when a commit answers: <c>full</c>, the log; <c>normal</c>, nothing, but a power cut takes back whole transactions only, the last ones.</param>
/// <param name="pageBytes">Of a file that is made; one that is there stays as it is.</param>
internal sealed class SqliteConnections(string path, int secondsToWait = 10, string synchronous = "full", int pageBytes = 4 << 10) : DbDataSource
{
    public string Path => path;

    public int PageBytes => pageBytes;

    public override string ConnectionString { get; } = new SqliteConnectionStringBuilder
    {
        DataSource = path,
        Mode = SqliteOpenMode.ReadWriteCreate,
        ForeignKeys = true,
        DefaultTimeout = secondsToWait,
        Pooling = false,
    }.ToString();

    /// <summary>A connection that writes; whoever has it closes it.</summary>
    public SqliteConnection OpenWriter()
    {
        var connection = (SqliteConnection)CreateDbConnection();
        connection.Open();
        return connection;
    }

    /// <summary>A connection that only reads; in write-ahead mode it never waits for a writer, nor a writer for it.</summary>
    public SqliteConnection OpenReader()
    {
        var connection = OpenWriter();
        Execute(connection, "pragma query_only = on");
        return connection;
    }

    public static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public static long Number(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    protected override DbConnection CreateDbConnection()
    {
        var connection = new SqliteConnection(ConnectionString);
        connection.CreateFunction("fold", (string? text) => text?.ToUpperInvariant(), isDeterministic: true);
        connection.StateChange += (_, change) =>
        {
            if (change.CurrentState == System.Data.ConnectionState.Open)
            {
                Prepare(connection);
            }
        };
        return connection;
    }

    // The busy timeout lets SQLite itself wait for a lock, in steps of a millisecond; the library's own steps are of 150.
    private void Prepare(SqliteConnection connection) =>
        Execute(connection, $"pragma busy_timeout = {secondsToWait * 1000}; pragma synchronous = {synchronous}; pragma journal_size_limit = 67108864");
}
