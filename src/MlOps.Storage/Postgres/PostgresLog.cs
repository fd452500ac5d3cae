using MlOps.InferenceLogs;
using MlOps.Sql;
using Npgsql;

namespace MlOps.Postgres;

/// <summary>The inference log in PostgreSQL, beside the catalogue.</summary>
internal sealed class PostgresLog(PostgresCatalogue catalogue) : ILogDatabase
{
    // Each statement has the session's few seconds, whatever a commit has in all.
    private const int RowsAtOnce = 5_000;

    public Statement ForUpdate => $"for update";

    public Statement ForKeyShare => $"for key share";

    // Each statement is a journey to the server and back.
    public int KeysAtOnce => 500;

    public Task<T> Read<T>(Func<SqlSession, Task<T>> work, CancellationToken cancellation) => catalogue.Read(work, cancellation);

    public Task<T> Write<T>(Func<SqlSession, Task<T>> work, CancellationToken cancellation) => catalogue.Write(work, cancellation);

    public Task WalkInOrder(SqlSession session) => session.Execute($"set local enable_sort = off");

    public Task<bool> HasPlace(SqlSession session, IReadOnlyList<LogRow> rows) => PostgresPartitions.Are(session, PostgresPartitions.Days(rows));

    public Task MakePlace(IReadOnlyList<LogRow> rows, CancellationToken cancellation)
    {
        var days = PostgresPartitions.Days(rows);
        return catalogue.Write(
            async session =>
            {
                await PostgresPartitions.Make(session, days);
                return days.Count;
            },
            cancellation);
    }

    public async Task Insert(SqlSession session, IReadOnlyList<LogRow> rows, RowNumbers numbers)
    {
        try
        {
            for (var from = 0; from < rows.Count; from += RowsAtOnce)
            {
                await Copy((NpgsqlConnection)session.Connection, rows, from, Math.Min(rows.Count, from + RowsAtOnce), numbers);
            }
        }
        catch (PostgresException cause) when (PostgresFaults.IsOfTheData(cause))
        {
            throw new RowsRefusedException($"{cause.SqlState}: {cause.MessageText}", cause);
        }
    }

    public async Task<bool> DropRows(DateTimeOffset before, CancellationToken cancellation)
    {
        // What is left of the day is hidden by the horizon that every query carries.
        var day = PostgresPartitions.Day(before);
        return await catalogue.Write(session => LogForgetting.Counts(session, UtcHour.Of(PostgresPartitions.Start(day))), cancellation)
            || await catalogue.Write(session => PostgresPartitions.DropOldest(session, day), cancellation);
    }

    private static async Task Copy(NpgsqlConnection connection, IReadOnlyList<LogRow> rows, int from, int to, RowNumbers numbers)
    {
        // What is checked here is refused before the server has to undo anything.
        for (var at = from; at < to; at++)
        {
            LogRows.Check(rows[at]);
        }

        await using var stream = await connection.BeginRawBinaryCopyAsync(PostgresRowCopy.Statement);
        try
        {
            using var copy = new PostgresRowCopy();
            for (var at = from; at < to; at++)
            {
                copy.Add(rows[at], numbers);
                if (copy.IsFull)
                {
                    await stream.WriteAsync(copy.Take());
                }
            }

            copy.End();
            await stream.WriteAsync(copy.Take());
        }
        catch
        {
            // Else the server would take the rows so far for all.
            await stream.CancelAsync();
            throw;
        }
    }
}
