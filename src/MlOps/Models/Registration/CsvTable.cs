using System.Collections.Immutable;
using System.Text.Unicode;
using CsvHelper;

namespace MlOps.Models.Registration;

/// <summary>Reads a CSV part: UTF-8, comma-separated, a header row, quotes as RFC 4180 has them.</summary>
internal sealed class CsvTable
{
    private const int RowsBetweenChecks = 1 << 10;

    private static readonly CsvReaderOptions Options = new()
    {
        Separator = ',',
        HasHeader = false,
        SkipEmptyLines = true,
        MalformedData = CsvMalformedDataHandling.Throw,
        MaxRecordSize = 16 << 20,
        BufferSize = 1 << 18,
        TrackLineNumbers = true,
        IncludeValuesInExceptions = false,
    };

    private readonly string part;
    private readonly Func<Stream> open;
    private readonly int mostRows;
    private readonly CancellationToken cancellation;

    private CsvTable(string part, Func<Stream> open, int mostRows, CancellationToken cancellation) =>
        (this.part, this.open, this.mostRows, this.cancellation) = (part, open, mostRows, cancellation);

    /// <param name="part">What the part is called: <c>baseline</c> or <c>reference</c>.</param>
    /// <param name="open">Opens the part; a second time when it holds more rows than are kept.</param>
    /// <param name="mostRows">A larger table is thinned to a uniform sample of so many rows.</param>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.InvalidBaseline"/>.</exception>
    public static BaselineTable Read(string part, Func<Stream> open, CancellationToken cancellation, int mostRows = BaselineTable.MostRows)
    {
        var csv = new CsvTable(part, open, mostRows, cancellation);
        var (columns, total) = csv.Pass(null);
        if (total == 0)
        {
            throw csv.Refusal("has a header and no rows: send the rows themselves, too.");
        }

        if (total > mostRows)
        {
            (columns, _) = csv.Pass(RowSample.Limit(total, mostRows));
        }

        return new BaselineTable(part, columns, total);
    }

    /// <param name="limit">Keeps the rows whose hash is at most this; null keeps the first <see cref="mostRows"/> and counts the rest.</param>
    private (ImmutableArray<TableColumn> Columns, long Rows) Pass(ulong? limit)
    {
        using var stream = open();
        RefuseOtherFormats(stream);
        using var reader = CsvReader.Create(stream, Options, leaveOpen: true);
        try
        {
            if (!reader.Read())
            {
                throw Refusal("is empty: send a header row that names the columns, and the rows.");
            }

            var columns = Header(reader);
            return (columns, Rows(reader, columns, limit));
        }
        catch (CsvFormatException exception)
        {
            throw Refusal(
                $"has a cell whose quotes do not match, or that is larger than 16 MiB, in line {exception.LineNumber}: a cell with a comma, a quote or a line break is quoted whole, its quotes doubled.");
        }
    }

    private long Rows(CsvReader reader, ImmutableArray<TableColumn> columns, ulong? limit)
    {
        var row = 0L;
        for (; reader.Read(); row++)
        {
            if (reader.FieldCount != columns.Length)
            {
                throw Refusal($"has {columns.Length} columns, and line {reader.LineNumber} has {reader.FieldCount} cells: every row needs one cell for each column.");
            }

            if (!Utf8.IsValid(reader.RawRecord))
            {
                throw NotUtf8(reader);
            }

            if (row % RowsBetweenChecks == 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            if (limit is null ? row < mostRows : RowSample.Hash(row) <= limit)
            {
                for (var index = 0; index < columns.Length; index++)
                {
                    columns[index].Add(reader.GetSpan(index));
                }
            }
        }

        return row;
    }

    private ImmutableArray<TableColumn> Header(CsvReader reader)
    {
        if (!Utf8.IsValid(reader.RawRecord))
        {
            throw NotUtf8(reader);
        }

        var names = Enumerable.Range(0, reader.FieldCount).Select(reader.GetString).ToImmutableArray();
        var faults = names.Where(name => name.Length > 0).GroupBy(name => name, StringComparer.Ordinal).Where(group => group.Count() > 1)
            .Select(group => new Fault($"/{part}", $"The header names '{group.Key}' twice.")).Take(100).ToImmutableArray();
        if (!faults.IsEmpty)
        {
            throw new MlOpsException(ErrorCode.InvalidBaseline, $"The {part} has columns of the same name: {faults[0].Detail}", faults);
        }

        if (names.All(name => name.Length == 0))
        {
            throw Refusal("has no column names: its first row must name the columns.");
        }

        return names is [var only] && only.AsSpan().IndexOfAny(';', '\t') >= 0
            ? throw Refusal("seems to be separated by semicolons or tabs: separate the cells by commas.")
            : [.. names.Select(name => new TableColumn(name))];
    }

    private void RefuseOtherFormats(Stream stream)
    {
        Span<byte> start = stackalloc byte[4];
        var length = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        if (start.SequenceEqual("PAR1"u8))
        {
            const string Later = "Parquet baselines come with the next version: send CSV";
            throw new MlOpsException(ErrorCode.InvalidBaseline, Later, [new Fault($"/{part}", Later)]);
        }

        if (length >= 2 && (start[..2].SequenceEqual<byte>([0xFF, 0xFE]) || start[..2].SequenceEqual<byte>([0xFE, 0xFF])))
        {
            throw Refusal("is UTF-16: save it with encoding='utf-8'.");
        }

        if (length == 4 && (start[..2].SequenceEqual<byte>([0x1F, 0x8B]) || start.SequenceEqual("PK\u0003\u0004"u8)))
        {
            throw Refusal("is compressed: send the plain CSV.");
        }

        stream.Position = 0;
    }

    private MlOpsException NotUtf8(CsvReader reader) => Refusal($"is not UTF-8 (line {reader.LineNumber}): save it with encoding='utf-8'.");

    private MlOpsException Refusal(string what) =>
        new(ErrorCode.InvalidBaseline, $"The {part} {what}", [new Fault($"/{part}", $"The {part} {what}")]);
}
