using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using MlOps.InferenceLogs;

namespace MlOps.Postgres;

/// <summary>
/// Rows of the log in the binary format of COPY: a header, then each row as the number of its columns and each column as its length and its bytes in network order, then an end.
/// Written straight into one buffer, at a fraction of what a call for each value costs.
/// </summary>
internal sealed class PostgresRowCopy : IDisposable
{
    public const string Statement =
        "copy inference_rows (sequence, latency_us, value, deployment, journal, outcome, refusal_rows, status, route, inputs_truncated, withheld, id, request, "
        + "external_id, label, probabilities, bins, inputs, refusal_code, refusal_detail) from stdin (format binary)";

    private const short Columns = 20;
    private const int Null = -1;
    private const int FullAt = 64 << 10;

    private static readonly byte[] Header = [.. "PGCOPY\n"u8, 0xFF, (byte)'\r', (byte)'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private byte[] buffer = ArrayPool<byte>.Shared.Rent(2 * FullAt);
    private int length;

    public PostgresRowCopy() => Raw(Header);

    public bool IsFull => length >= FullAt;

    public void Add(LogRow row, RowNumbers numbers)
    {
        BinaryPrimitives.WriteInt16BigEndian(Next(sizeof(short)), Columns);
        Long(row.Sequence);
        Long(row.LatencyMicroseconds);
        Double(row.Value);
        Int(numbers.Deployments[row.Deployment]);
        Int(numbers.Journal);
        Int(LogKeys.Outcome(row));
        Int(row.Refusal?.Rows);
        Short(checked((short)row.StatusCode));
        Short(LogRows.Number(row.Route));
        Bool(row.InputsTruncated);
        Bool(row.Withheld);
        Id(row.Id);
        Id(row.Request == row.Id ? null : row.Request);
        Text(row.ExternalId);
        Text(row.Label);
        Bytes(row.Probabilities);
        Bytes(row.Bins);
        Bytes(row.Inputs);
        Text(row.Refusal?.Code);
        Text(LogRows.Detail(row));
    }

    public void End() => BinaryPrimitives.WriteInt16BigEndian(Next(sizeof(short)), -1);

    /// <summary>What has been written since the last time; as it is until more is.</summary>
    public ReadOnlyMemory<byte> Take()
    {
        var taken = buffer.AsMemory(0, length);
        length = 0;
        return taken;
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);

    private void Long(long value) => BinaryPrimitives.WriteInt64BigEndian(Value(sizeof(long)), value);

    private void Int(int value) => BinaryPrimitives.WriteInt32BigEndian(Value(sizeof(int)), value);

    private void Int(int? value)
    {
        if (value is { } number)
        {
            Int(number);
        }
        else
        {
            None();
        }
    }

    private void Short(short value) => BinaryPrimitives.WriteInt16BigEndian(Value(sizeof(short)), value);

    private void Bool(bool value) => Value(1)[0] = value ? (byte)1 : (byte)0;

    private void Double(double? value)
    {
        if (value is { } number)
        {
            BinaryPrimitives.WriteDoubleBigEndian(Value(sizeof(double)), number);
        }
        else
        {
            None();
        }
    }

    private void Id(Guid? value)
    {
        if (value is { } id)
        {
            id.TryWriteBytes(Value(16), bigEndian: true, out _);
        }
        else
        {
            None();
        }
    }

    private void Text(string? value)
    {
        if (value is null)
        {
            None();
        }
        else
        {
            Encoding.UTF8.GetBytes(value, Value(Encoding.UTF8.GetByteCount(value)));
        }
    }

    private void Bytes(ReadOnlyMemory<byte>? value)
    {
        if (value is { } bytes)
        {
            bytes.Span.CopyTo(Value(bytes.Length));
        }
        else
        {
            None();
        }
    }

    private void None() => BinaryPrimitives.WriteInt32BigEndian(Next(sizeof(int)), Null);

    // A length, and where so many bytes belong.
    private Span<byte> Value(int bytes)
    {
        BinaryPrimitives.WriteInt32BigEndian(Next(sizeof(int)), bytes);
        return Next(bytes);
    }

    private void Raw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Next(bytes.Length));

    private Span<byte> Next(int bytes)
    {
        if (buffer.Length - length < bytes)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(2 * buffer.Length, length + bytes));
            buffer.AsSpan(0, length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = larger;
        }

        var next = buffer.AsSpan(length, bytes);
        length += bytes;
        return next;
    }
}
