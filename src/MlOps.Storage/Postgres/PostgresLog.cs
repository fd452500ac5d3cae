using System.Globalization;
using MlOps.InferenceLogs;
using MlOps.Sql;
using Npgsql;
using NpgsqlTypes;

namespace MlOps.Postgres;

/// <summary>The inference log in PostgreSQL: rows in one partition for each day, brought in by COPY.</summary>
internal sealed class PostgresLog(PostgresCatalogue database) : ILogDatabase
{
    private const string CopyRows = """
        copy inference_rows (
            deployment, id, journal, sequence, request, route, status, latency_us, external_id, label, value, outcome, probabilities, bins, inputs,
            inputs_truncated, withheld, refusal_code, refusal_detail, refusal_rows)
        from stdin (format binary)
        """;

    private const string Prefix = "inference_rows_";
    private const string DayFormat = "yyyyMMdd";

    public Statement ForUpdate => $"for update";

    public Statement ForKeyShare => $"for key share";

    public Task<T> Read<T>(Func<SqlSession, Task<T>> work, CancellationToken cancellation) => database.Read(work, cancellation);

    public Task<T> Write<T>(Func<SqlSession, Task<T>> work, CancellationToken cancellation) => database.Write(work, cancellation);

    public async Task<bool> HasPlace(SqlSession session, IReadOnlyList<LogRow> rows)
    {
        var days = Days(rows);
        if (days.Count == 0)
        {
            return true;
        }

        // Whoever drops a partition waits until this transaction ends.
        await session.Execute(PostgresCatalogue.Shared(CatalogueLock.Partitions));
        var there = await session.Number(
            $"select count(*) from pg_class c where c.relispartition and c.oid in ({Statement.Join($", ", days.Select(day => (Statement)$"to_regclass({Name(day)})"))})");
        return there == days.Count;
    }

    public Task MakePlace(IReadOnlyList<LogRow> rows, CancellationToken cancellation) => database.Write(
        async session =>
        {
            await session.Alone(CatalogueLock.Partitions);
            foreach (var day in Days(rows))
            {
                // Names and bounds are made of numbers alone.
                var (from, to) = (Start(day), Start(day.AddDays(1)));
                await session.Execute(Statement.Raw($"create table if not exists {Name(day)} partition of inference_rows for values from ('{from}') to ('{to}')"));
            }

            return true;
        },
        cancellation);

    public async Task Insert(SqlSession session, IReadOnlyList<LogRow> rows, RowNumbers numbers)
    {
        if (rows.Count == 0)
        {
            return;
        }

        foreach (var row in rows)
        {
            LogRows.Check(row);
        }

        try
        {
            await using var copy = await ((NpgsqlConnection)session.Connection).BeginBinaryImportAsync(CopyRows);
            foreach (var row in rows)
            {
                await Write(copy, row, numbers);
            }

            await copy.CompleteAsync();
        }
        catch (PostgresException refused) when (refused.SqlState.StartsWith("22", StringComparison.Ordinal) || refused.SqlState.StartsWith("23", StringComparison.Ordinal))
        {
            throw new RowsRefusedException(refused.MessageText, refused);
        }
    }

    public Task<bool> DropRows(DateTimeOffset before, CancellationToken cancellation)
    {
        var kept = DateOnly.FromDateTime(before.UtcDateTime);
        return database.Write(
            async session =>
            {
                // Pages are planned by counts: these go first.
                if (await LogForgetting.Counts(session, UtcHour.Of(new DateTimeOffset(kept, default, TimeSpan.Zero))))
                {
                    return true;
                }

                var names = await session.All(
                    $"""
                    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent
                    where p.oid = to_regclass('inference_rows') order by c.relname limit 1
                    """,
                    row => row.GetString(0));
                if (names is not [var oldest] || !DateOnly.TryParseExact(oldest.AsSpan(Prefix.Length), DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) || day >= kept)
                {
                    return false;
                }

                // Rather another time than to keep everyone waiting behind this.
                await session.Execute($"set local lock_timeout = '500ms'");
                await session.Alone(CatalogueLock.Partitions);
                await session.Execute(Statement.Raw($"drop table if exists {Name(day)}"));
                return true;
            },
            cancellation);
    }

    private static async Task Write(NpgsqlBinaryImporter copy, LogRow row, RowNumbers numbers)
    {
        await copy.StartRowAsync();
        await copy.WriteAsync(numbers.Deployments[row.Deployment], NpgsqlDbType.Integer);
        await copy.WriteAsync(row.Id, NpgsqlDbType.Uuid);
        await copy.WriteAsync(numbers.Journal, NpgsqlDbType.Integer);
        await copy.WriteAsync(row.Sequence, NpgsqlDbType.Bigint);
        await (row.Request == row.Id ? copy.WriteNullAsync() : copy.WriteAsync(row.Request, NpgsqlDbType.Uuid));
        await copy.WriteAsync(LogRows.Number(row.Route), NpgsqlDbType.Smallint);
        await copy.WriteAsync((short)row.StatusCode, NpgsqlDbType.Smallint);
        await copy.WriteAsync(row.LatencyMicroseconds, NpgsqlDbType.Bigint);
        await Text(copy, row.ExternalId);
        await Text(copy, row.Label);
        await (row.Value is { } value ? copy.WriteAsync(value, NpgsqlDbType.Double) : copy.WriteNullAsync());
        await (LogKeys.Outcome(row) is { } outcome ? copy.WriteAsync(outcome, NpgsqlDbType.Integer) : copy.WriteNullAsync());
        await (row.Probabilities is { } probabilities ? copy.WriteAsync(probabilities, NpgsqlDbType.Bytea) : copy.WriteNullAsync());
        await copy.WriteAsync(row.Bins, NpgsqlDbType.Bytea);
        await (row.Inputs is { } inputs ? copy.WriteAsync(inputs, NpgsqlDbType.Bytea) : copy.WriteNullAsync());
        await copy.WriteAsync(row.InputsTruncated, NpgsqlDbType.Boolean);
        await copy.WriteAsync(row.Withheld, NpgsqlDbType.Boolean);
        await Text(copy, row.Refusal?.Code);
        await Text(copy, LogRows.Detail(row));
        await (row.Refusal?.Rows is { } rows ? copy.WriteAsync(rows, NpgsqlDbType.Integer) : copy.WriteNullAsync());
    }

    private static Task Text(NpgsqlBinaryImporter copy, string? text) => text is null ? copy.WriteNullAsync() : copy.WriteAsync(text, NpgsqlDbType.Text);

    private static SortedSet<DateOnly> Days(IReadOnlyList<LogRow> rows)
    {
        var days = new SortedSet<DateOnly>();
        var (last, known) = (long.MinValue, false);
        foreach (var row in rows)
        {
            var day = new InferenceId(row.Id).Milliseconds / (24 * 3_600_000);
            if (!known || day != last)
            {
                (last, known) = (day, true);
                days.Add(DateOnly.FromDateTime(DateTimeOffset.FromUnixTimeMilliseconds(day * 24 * 3_600_000).UtcDateTime));
            }
        }

        return days;
    }

    private static string Name(DateOnly day) => Prefix + day.ToString(DayFormat, CultureInfo.InvariantCulture);

    private static Guid Start(DateOnly day)
    {
        var start = new DateTimeOffset(day, default, TimeSpan.Zero).ToUnixTimeMilliseconds();
        return new LogRange(start, start).First;
    }
}
