using System.Buffers;
using System.Text;
using Microsoft.Data.Sqlite;
using MlOps.InferenceLogs;
using SQLitePCL;

namespace MlOps.Sqlite;

/// <summary>
/// The statement that adds one row after another to the log. Values are bound where they stand: parameters of the driver are looked up by name and copied for each row, which costs more
/// than what the database does with them.
/// </summary>
internal sealed class SqliteRowInsert : IDisposable
{
    private const string Columns =
        "deployment, id, journal, sequence, request, route, status, latency_us, external_id, label, value, outcome, probabilities, bins, inputs, inputs_truncated, withheld, "
        + "refusal_code, refusal_detail, refusal_rows";

    private readonly SqliteConnection connection;
    private readonly sqlite3_stmt statement;
    private byte[] text = ArrayPool<byte>.Shared.Rent(1 << 10);
    private int at;

    /// <param name="connection">In a transaction of its own.</param>
    public SqliteRowInsert(SqliteConnection connection)
    {
        this.connection = connection;
        var values = string.Join(", ", Columns.Split(", ").Select(_ => "?"));
        Check(raw.sqlite3_prepare_v2(connection.Handle, $"insert into inference_rows ({Columns}) values ({values})", out statement));
    }

    /// <exception cref="SqliteException">The database does not take it.</exception>
    public void Add(LogRow row, RowNumbers numbers)
    {
        at = 0;
        Put(numbers.Deployments[row.Deployment]);
        Put(row.Id);
        Put(numbers.Journal);
        Put(row.Sequence);
        Put(row.Request == row.Id ? null : row.Request);
        Put(LogRows.Number(row.Route));
        Put(row.StatusCode);
        Put(row.LatencyMicroseconds);
        Put(row.ExternalId);
        Put(row.Label);
        Put(row.Value);
        Put(LogKeys.Outcome(row));
        Put(row.Probabilities);
        Put(row.Bins);
        Put(row.Inputs);
        Put(row.InputsTruncated ? 1 : 0);
        Put(row.Withheld ? 1 : 0);
        Put(row.Refusal?.Code);
        Put(LogRows.Detail(row));
        Put(row.Refusal?.Rows);
        var done = raw.sqlite3_step(statement);
        if (done != raw.SQLITE_DONE)
        {
            Check(done);
        }

        Check(raw.sqlite3_reset(statement));
    }

    public void Dispose()
    {
        statement.Dispose();
        ArrayPool<byte>.Shared.Return(text);
    }

    private void Put(long? value) => Check(value is { } number ? raw.sqlite3_bind_int64(statement, ++at, number) : raw.sqlite3_bind_null(statement, ++at));

    private void Put(double? value) => Check(value is { } number ? raw.sqlite3_bind_double(statement, ++at, number) : raw.sqlite3_bind_null(statement, ++at));

    private void Put(Guid? value)
    {
        if (value is not { } id)
        {
            Check(raw.sqlite3_bind_null(statement, ++at));
            return;
        }

        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        Check(raw.sqlite3_bind_blob(statement, ++at, bytes));
    }

    private void Put(string? value)
    {
        if (value is null)
        {
            Check(raw.sqlite3_bind_null(statement, ++at));
            return;
        }

        var length = Encoding.UTF8.GetByteCount(value);
        if (text.Length < length)
        {
            ArrayPool<byte>.Shared.Return(text);
            text = ArrayPool<byte>.Shared.Rent(length);
        }

        Check(raw.sqlite3_bind_text(statement, ++at, text.AsSpan(0, Encoding.UTF8.GetBytes(value, text))));
    }

    // Of no bytes at all the library would make null.
    private void Put(ReadOnlyMemory<byte>? value) => Check(
        value is not { } bytes ? raw.sqlite3_bind_null(statement, ++at)
        : bytes.IsEmpty ? raw.sqlite3_bind_zeroblob(statement, ++at, 0)
        : raw.sqlite3_bind_blob(statement, ++at, bytes.Span));

    private void Check(int result) => SqliteException.ThrowExceptionForRC(result, connection.Handle);
}
