using System.Text.Unicode;
using MlOps.Models.Registration;
using ParquetSharp;

namespace MlOps.Models;

/// <summary>Reads the values of one column in one row group as cells, a batch at a time.</summary>
/// <param name="firstRow">The row of the file that the group begins with.</param>
internal sealed class ParquetCells(
    string part, ParquetColumn column, int index, long firstRow, Predicate<long> keep, CellSink sink, CancellationToken cancellation)
{
    private const int BatchRows = 4096;
    private const int LongestCell = 16 << 20;
    private const int LongestNumber = 512;

    private delegate ReadOnlySpan<byte> Format<T>(in T value, Span<byte> buffer);

    public void Read(ColumnReader reader, long rows)
    {
        switch (reader)
        {
            case ColumnReader<bool> typed:
                Pump(typed, rows, (in bool value, Span<byte> _) => value ? "true"u8 : "false"u8);
                break;
            case ColumnReader<int> typed:
                Pump(typed, rows, (in int value, Span<byte> buffer) => buffer[..CellText.Of(value, column, buffer)]);
                break;
            case ColumnReader<long> typed:
                Pump(typed, rows, (in long value, Span<byte> buffer) => buffer[..CellText.Of(value, column, buffer)]);
                break;
            case ColumnReader<Int96> typed:
                Pump(typed, rows, (in Int96 value, Span<byte> buffer) => buffer[..CellText.Of(value, buffer)]);
                break;
            case ColumnReader<float> typed:
                Pump(typed, rows, (in float value, Span<byte> buffer) => buffer[..CellText.Of(value, buffer)]);
                break;
            case ColumnReader<double> typed:
                Pump(typed, rows, (in double value, Span<byte> buffer) => buffer[..CellText.Of(value, buffer)]);
                break;
            case ColumnReader<ByteArray> typed:
                Pump(typed, rows, Bytes);
                break;
            case ColumnReader<FixedLenByteArray> typed:
                Pump(typed, rows, Fixed);
                break;
            default:
                throw ParquetReader.Refusal(part, $"has values of an unknown type in the column '{column.Name}'.");
        }
    }

    private void Pump<T>(ColumnReader<T> reader, long rows, Format<T> format)
        where T : unmanaged
    {
        var levels = new short[BatchRows];
        var values = new T[BatchRows];
        Span<byte> buffer = stackalloc byte[LongestNumber];
        for (var row = 0L; row < rows;)
        {
            cancellation.ThrowIfCancellationRequested();
            var read = reader.ReadBatch(Math.Min(BatchRows, rows - row), levels, [], values, out var present);
            if (read <= 0 || read > rows - row)
            {
                throw ParquetReader.Refusal(part, $"is damaged: the column '{column.Name}' ends before its row group does. Write it again.");
            }

            var taken = 0;
            for (var at = 0; at < read; at++)
            {
                var here = column.DefinitionLevel == 0 || levels[at] == column.DefinitionLevel;
                if (here && taken >= present)
                {
                    throw ParquetReader.Refusal(part, $"is damaged: the column '{column.Name}' has fewer values than it says. Write it again.");
                }

                if (keep(firstRow + row + at))
                {
                    sink(index, here ? Cell(format, in values[taken], buffer, firstRow + row + at) : []);
                }

                taken += here ? 1 : 0;
            }

            row += read;
        }
    }

    private ReadOnlySpan<byte> Cell<T>(Format<T> format, in T value, Span<byte> buffer, long row)
    {
        try
        {
            return format(in value, buffer);
        }
        catch (Exception broken) when (broken is ArgumentOutOfRangeException or OverflowException or FormatException)
        {
            throw ParquetReader.Refusal(part, $"has a value in row {row + 1} of the column '{column.Name}' that no date, time or number of its type can be.", broken);
        }
    }

    private ReadOnlySpan<byte> Bytes(in ByteArray value, Span<byte> buffer)
    {
        var bytes = Native(value.Pointer, value.Length);
        if (column.Logical == LogicalTypeEnum.Decimal)
        {
            return buffer[..CellText.Of(bytes, column.Scale, buffer)];
        }

        if (bytes.Length > LongestCell || !Utf8.IsValid(bytes))
        {
            throw ParquetReader.Refusal(part, $"has bytes in the column '{column.Name}' that are no UTF-8 text of at most 16 MiB: convert the column to text, or leave it out.");
        }

        return bytes;
    }

    private ReadOnlySpan<byte> Fixed(in FixedLenByteArray value, Span<byte> buffer)
    {
        var bytes = Native(value.Pointer, column.Length);
        return buffer[..(column.Logical switch
        {
            LogicalTypeEnum.Uuid => CellText.OfUuid(bytes, buffer),
            LogicalTypeEnum.Float16 => CellText.OfHalf(bytes, buffer),
            _ => CellText.Of(bytes, column.Scale, buffer),
        })];
    }

    // Good until the next batch is read.
    private static unsafe ReadOnlySpan<byte> Native(nint pointer, int length) => length <= 0 ? [] : new ReadOnlySpan<byte>((void*)pointer, length);
}
