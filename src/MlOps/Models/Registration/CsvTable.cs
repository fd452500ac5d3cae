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
    private readonly TableSpill? spill;
    private readonly CancellationToken cancellation;

    private CsvTable(string part, Func<Stream> open, TableSpill? spill, CancellationToken cancellation) =>
        (this.part, this.open, this.spill, this.cancellation) = (part, open, spill, cancellation);

    /// <param name="part">What the part is called: <c>baseline</c> or <c>reference</c>.</param>
    /// <param name="open">Opens the part; a second time when it holds more rows than are kept.</param>
    /// <param name="mostRows">A larger table is thinned to a uniform sample of so many rows.</param>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.InvalidBaseline"/>.</exception>
    public static BaselineTable Read(string part, Func<Stream> open, CancellationToken cancellation, int mostRows = BaselineTable.MostRows) =>
        Read(part, open, null, null, cancellation, mostRows);

    /// <param name="spill">Where the columns go when they are more than memory should hold: then the rows are counted before any is kept.</param>
    /// <param name="progress">Told the share of the file that is read.</param>
    public static BaselineTable Read(
        string part, Func<Stream> open, TableSpill? spill, Action<double>? progress, CancellationToken cancellation, int mostRows = BaselineTable.MostRows)
    {
        var csv = new CsvTable(part, open, spill, cancellation);
        var counting = spill is null ? mostRows : 0;
        var (columns, total) = csv.Pass(row => row < counting, static (_, _) => false, share => progress?.Invoke(share / 2));
        if (total == 0)
        {
            throw csv.Refusal("has a header and no rows: send the rows themselves, too.");
        }

        if (total > counting)
        {
            var limit = RowSample.Limit(total, mostRows);
            (columns, _) = csv.Pass(row => RowSample.Hash(row) <= limit, static (_, _) => false, share => progress?.Invoke((1 + share) / 2));
        }

        return new BaselineTable(part, columns, total);
    }

    /// <summary>The first rows alone: so many, or so many bytes of them.</summary>
    public static BaselineTable ReadFirst(string part, Func<Stream> open, int mostRows, long mostBytes, CancellationToken cancellation)
    {
        var csv = new CsvTable(part, open, null, cancellation);
        var (columns, rows) = csv.Pass(static _ => true, (row, bytes) => row >= mostRows || bytes >= mostBytes, null);
        return rows > 0 ? new BaselineTable(part, columns, rows) : throw csv.Refusal("has a header and no rows: send the rows themselves, too.");
    }

    /// <param name="keep">Whether a row is kept.</param>
    /// <param name="enough">Told the number of rows and bytes that came; true ends the reading.</param>
    private (ImmutableArray<TableColumn> Columns, long Rows) Pass(Predicate<long> keep, Func<long, long, bool> enough, Action<double>? progress)
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
            var share = progress is null ? null : new Action(() => progress((double)stream.Position / Math.Max(1, stream.Length)));
            var rows = Rows(reader, columns, keep, enough, share);
            foreach (var column in columns)
            {
                column.Complete();
            }

            return (columns, rows);
        }
        catch (CsvFormatException exception)
        {
            throw Refusal(
                $"has a cell whose quotes do not match, or that is larger than 16 MiB, in line {exception.LineNumber}: a cell with a comma, a quote or a line break is quoted whole, its quotes doubled.");
        }
    }

    private long Rows(CsvReader reader, ImmutableArray<TableColumn> columns, Predicate<long> keep, Func<long, long, bool> enough, Action? progress)
    {
        var (row, bytes) = (0L, 0L);
        for (; !enough(row, bytes) && reader.Read(); row++)
        {
            bytes += reader.RawRecord.Length;
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
                progress?.Invoke();
            }

            if (keep(row))
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
        var columns = TableHeader.Columns(part, names, spill);
        return names is [var only] && only.AsSpan().IndexOfAny(';', '\t') >= 0
            ? throw Refusal("seems to be separated by semicolons or tabs: separate the cells by commas.")
            : columns;
    }

    private void RefuseOtherFormats(Stream stream)
    {
        Span<byte> start = stackalloc byte[4];
        var length = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
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

    private MlOpsException Refusal(string what) => TableHeader.Refusal(part, what);
}
