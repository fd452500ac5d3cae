using System.Data;
using System.Data.Common;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using MlOps.Sql;
using Npgsql;

namespace MlOps.Postgres;

/// <summary>The catalogue in PostgreSQL, where several silos share it.</summary>
internal sealed partial class PostgresCatalogue(NpgsqlDataSource source, TimeProvider time, ILogger<PostgresCatalogue> logger) : ICatalogue
{
    private const int Tries = 5;

    // Two that met try again at different times.
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(50);

    // The first of the two numbers of every advisory lock of ours: other programs may share the database.
    private const int LockSpace = 0x4d6c4f70;

    // An owner who allows more, or everything, is not held to this. '0' is no limit.
    private static readonly LongerStatements Longer = new(
        $"""
        select set_config('statement_timeout', '60s', true)
        where current_setting('statement_timeout') <> '0' and current_setting('statement_timeout')::interval < interval '60 seconds'
        """,
        TimeSpan.FromSeconds(65));

    private int away;

    public Statement? Reclaim => null;

    public async Task<T> Read<T>(Func<SqlSession, Task<T>> work, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            await using var connection = await Connect(cancellation);
            try
            {
                await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, CancellationToken.None);
                var session = Session(connection, transaction);
                await session.Execute($"set transaction read only");
                return await work(session);
            }
            catch (NpgsqlException cause) when (PostgresFaults.Passes(cause) && cause.SqlState != PostgresErrorCodes.ReadOnlySqlTransaction)
            {
                if (attempt == Tries || !PostgresFaults.IsWorthAnotherTry(cause))
                {
                    throw Refusal(cause, unknown: false);
                }
            }

            await Pause();
        }
    }

    public async Task<T> Write<T>(Func<SqlSession, Task<T>> work, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            await using var connection = await Connect(cancellation);
            var committing = false;
            try
            {
                await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, CancellationToken.None);
                var session = Session(connection, transaction);
                var result = await work(session);
                if (!session.IsRolledBack)
                {
                    committing = true;
                    await transaction.CommitAsync(CancellationToken.None);
                }

                return result;
            }
            catch (NpgsqlException cause) when (PostgresFaults.Passes(cause))
            {
                // A connection that is lost while it commits may have committed.
                if (committing || attempt == Tries || !PostgresFaults.IsWorthAnotherTry(cause))
                {
                    throw Refusal(cause, committing);
                }
            }

            await Pause();
        }
    }

    public Statement NumberIn(Statement column, string key) => $"number_in({column}, {key})";

    private static SqlSession Session(NpgsqlConnection connection, NpgsqlTransaction transaction) => new(connection, transaction, Bind, Exclusive, Longer);

    private static void Bind(DbCommand command, string name, object? value) =>
        ((NpgsqlCommand)command).Parameters.Add(new NpgsqlParameter(name, value ?? DBNull.Value));

    private static Statement Exclusive(CatalogueLock what) => $"select pg_advisory_xact_lock({LockSpace}, {(int)what})";

    private Task Pause() => Task.Delay(LongestPause * RandomNumberGenerator.GetInt32(100) / 100, time);

    private async Task<NpgsqlConnection> Connect(CancellationToken cancellation)
    {
        try
        {
            var connection = await source.OpenConnectionAsync(cancellation);
            if (Interlocked.Exchange(ref away, 0) == 1)
            {
                LogBack();
            }

            return connection;
        }
        catch (NpgsqlException cause) when (PostgresFaults.Passes(cause))
        {
            throw Refusal(cause, unknown: false);
        }
    }

    // The caller is not told where the database is; the log is, once for each outage.
    private MlOpsException Refusal(NpgsqlException cause, bool unknown)
    {
        var answered = PostgresFaults.IsAnswer(cause);
        if (answered)
        {
            LogRefused(cause);
        }
        else if (Interlocked.Exchange(ref away, 1) == 0)
        {
            LogAway(cause.Message);
        }

        var what = answered ? "The database is busy." : "The database does not answer. What is loaded goes on predicting.";
        return new(
            ErrorCode.Busy,
            unknown
                ? $"{what} The change may have happened all the same: send it again under the same Idempotency-Key, or look."
                : $"{what} Nothing has been changed: send it again after the seconds of Retry-After.",
            inner: cause);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database refused for now")]
    private partial void LogRefused(Exception cause);

    [LoggerMessage(Level = LogLevel.Error, Message = "The database does not answer: {Cause} Changes are refused until it does")]
    private partial void LogAway(string cause);

    [LoggerMessage(Level = LogLevel.Information, Message = "The database answers again")]
    private partial void LogBack();
}
