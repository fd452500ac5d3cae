using System.Collections.Concurrent;
using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;
using MlOps.Sql;

namespace MlOps.Sqlite;

/// <summary>
/// Runs transactions one after another on a thread of its own: SQLite knows one writer, and a commit blocks its thread until the disk
/// has it, which no thread that serves requests may.
/// </summary>
internal sealed class SqliteWriter : IDisposable
{
    // A write takes a few milliseconds: whoever stood behind more than these would be gone before its turn.
    private const int MostWaiting = 2_048;

    private readonly BlockingCollection<Action> waiting = [];
    private readonly SqliteConnections connections;
    private readonly Action<DbCommand, string, object?> bind;
    private readonly string what;
    private readonly Thread thread;
    private SqliteConnection? connection;

    /// <param name="what">What people call the database.</param>
    public SqliteWriter(SqliteConnections connections, Action<DbCommand, string, object?> bind, string what)
    {
        (this.connections, this.bind, this.what) = (connections, bind, what);
        thread = new(Run) { IsBackground = true, Name = $"{what} writer" };
        thread.Start();
    }

    public Task<T> Write<T>(Func<SqlSession, Task<T>> work, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        ObjectDisposedException.ThrowIf(waiting.IsAddingCompleted, this);
        if (waiting.Count >= MostWaiting)
        {
            throw new MlOpsException(ErrorCode.Busy, $"Too many changes wait for the {what}. Wait for the seconds of Retry-After, then send it again.");
        }

        waiting.Add(
            () =>
            {
                if (cancellation.IsCancellationRequested)
                {
                    answer.SetCanceled(cancellation);
                    return;
                }

                try
                {
                    answer.SetResult(Transact(work));
                }
                catch (Exception cause)
                {
                    answer.SetException(cause);
                }
            },
            CancellationToken.None);
        return answer.Task;
    }

    /// <summary>Finishes what is waiting, and closes. May be called again.</summary>
    public void Dispose()
    {
        if (!thread.IsAlive)
        {
            return;
        }

        waiting.CompleteAdding();
        thread.Join();
    }

    private void Run()
    {
        foreach (var write in waiting.GetConsumingEnumerable())
        {
            write();
        }

        connection?.Dispose();
    }

    private T Transact<T>(Func<SqlSession, Task<T>> work)
    {
        try
        {
            connection ??= connections.OpenWriter();
            using var transaction = connection.BeginTransaction(IsolationLevel.Serializable, deferred: false);
            var session = new SqlSession(connection, transaction, bind);
            var result = work(session).GetAwaiter().GetResult();
            if (!session.IsRolledBack)
            {
                transaction.Commit();
            }

            return result;
        }
        catch (SqliteException cause)
        {
            // A connection is never used again after an error: nothing of the transaction can be left on it.
            connection?.Dispose();
            connection = null;
            if (SqliteFault.Of(cause) is { } refusal)
            {
                throw refusal;
            }

            throw;
        }
    }
}
