using System.Globalization;
using System.Text.Json;
using ParquetSharp;
using Encoding = System.Text.Encoding;

namespace MlOps.Benchmarks.Models;

/// <summary>The same made-up rows as Parquet and as CSV: numbers with three digits, whole numbers, missing values, true and false, levels.</summary>
internal sealed class BaselineRows(int rows, int columns)
{
    private const int GroupRows = 500_000;

    private static readonly int[] Levels = [5, 40, 200];

    private enum Kind
    {
        Number,
        Whole,
        Missing,
        Flag,
        Level,
    }

    /// <summary>Lists the levels of those features that are fed as positions.</summary>
    public string Metadata => JsonSerializer.Serialize(new
    {
        features = Enumerable.Range(0, columns).Where(column => KindOf(column) == Kind.Level)
            .Select(column => new { name = Name(column), dtype = "categorical", encoding = "index", domain = Enumerable.Range(0, LevelsOf(column)).Select(Level) }),
    });

    public void Write(string parquet, string csv)
    {
        using var table = new ParquetFileWriter(parquet, [.. Enumerable.Range(0, columns).Select(Column)], Compression.Snappy);
        using var text = new FileStream(csv, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20);
        text.Write(Encoding.ASCII.GetBytes(string.Join(',', Enumerable.Range(0, columns).Select(Name)) + "\n"));
        for (var from = 0; from < rows; from += GroupRows)
        {
            var count = Math.Min(GroupRows, rows - from);
            using var group = table.AppendRowGroup();
            for (var column = 0; column < columns; column++)
            {
                Write(group, column, from, count);
            }

            Write(text, from, count);
        }

        table.Close();
    }

    private Column Column(int column) => KindOf(column) switch
    {
        Kind.Number => new Column<double>(Name(column)),
        Kind.Whole => new Column<long>(Name(column)),
        Kind.Missing => new Column<double?>(Name(column)),
        Kind.Flag => new Column<bool>(Name(column)),
        _ => new Column<string>(Name(column)),
    };

    private void Write(RowGroupWriter group, int column, int from, int count)
    {
        switch (KindOf(column))
        {
            case Kind.Number:
                Write(group, column, from, count, hash => Number(hash));
                break;
            case Kind.Whole:
                Write(group, column, from, count, hash => (long)(hash % 1_000_000));
                break;
            case Kind.Missing:
                Write(group, column, from, count, Missing);
                break;
            case Kind.Flag:
                Write(group, column, from, count, hash => hash % 3 == 0);
                break;
            default:
                Write(group, column, from, count, hash => Level((int)(hash % (ulong)LevelsOf(column))));
                break;
        }
    }

    private static void Write<T>(RowGroupWriter group, int column, int from, int count, Func<ulong, T> value)
    {
        var values = new T[count];
        for (var row = 0; row < count; row++)
        {
            values[row] = value(Hash(from + row, column));
        }

        using var writer = group.NextColumn().LogicalWriter<T>();
        writer.WriteBatch(values);
    }

    private void Write(FileStream text, int from, int count)
    {
        var line = new byte[columns * 32];
        for (var row = from; row < from + count; row++)
        {
            var length = 0;
            for (var column = 0; column < columns; column++)
            {
                length += Cell(row, column, line.AsSpan(length));
                line[length++] = column == columns - 1 ? (byte)'\n' : (byte)',';
            }

            text.Write(line, 0, length);
        }
    }

    private int Cell(int row, int column, Span<byte> cell)
    {
        var hash = Hash(row, column);
        var length = 0;
        switch (KindOf(column))
        {
            case Kind.Number:
                Number(hash).TryFormat(cell, out length, default, CultureInfo.InvariantCulture);
                break;
            case Kind.Whole:
                ((long)(hash % 1_000_000)).TryFormat(cell, out length, default, CultureInfo.InvariantCulture);
                break;
            case Kind.Missing:
                Missing(hash)?.TryFormat(cell, out length, default, CultureInfo.InvariantCulture);
                break;
            case Kind.Flag:
                length = Encoding.ASCII.GetBytes(hash % 3 == 0 ? "true" : "false", cell);
                break;
            default:
                length = Encoding.ASCII.GetBytes(Level((int)(hash % (ulong)LevelsOf(column))), cell);
                break;
        }

        return length;
    }

    private static Kind KindOf(int column) => (column % 10) switch
    {
        6 => Kind.Whole,
        7 => Kind.Missing,
        8 => Kind.Flag,
        9 => Kind.Level,
        _ => Kind.Number,
    };

    private static int LevelsOf(int column) => Levels[column / 10 % Levels.Length];

    private static string Level(int number) => string.Create(CultureInfo.InvariantCulture, $"level {number:000}");

    private static string Name(int column) => $"f{column}";

    private static double Number(ulong hash) => Math.Round(((hash % 2_000_001) / 1000.0) - 1000, 3);

    private static double? Missing(ulong hash) => hash % 10 == 0 ? null : Number(hash / 10);

    private static ulong Hash(long row, int column)
    {
        var z = ((ulong)row * 0x9E3779B97F4A7C15) + ((ulong)column * 0xD1B54A32D192ED03);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
