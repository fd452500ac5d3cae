namespace MlOps.Models.Registration;

/// <summary>Reads a Parquet part as the table that a CSV of the same rows would be: the same cells, and of many rows the same sample.</summary>
internal static class ParquetTable
{
    private static readonly byte[] Magic = "PAR1"u8.ToArray();

    /// <summary>Whether the file is Parquet by its first bytes; its name does not matter.</summary>
    public static bool IsOne(string path)
    {
        Span<byte> start = stackalloc byte[Magic.Length];
        using var stream = File.OpenRead(path);
        return stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.SequenceEqual(Magic);
    }

    /// <param name="mostRows">A larger table is thinned to a uniform sample of so many rows.</param>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.InvalidBaseline"/>.</exception>
    public static BaselineTable Read(
        string part, IParquetFile file, TableSpill? spill, Action<double>? progress, CancellationToken cancellation, int mostRows = BaselineTable.MostRows)
    {
        var limit = RowSample.Limit(file.Rows, mostRows);
        return Read(part, file, file.Rows, row => RowSample.Hash(row) <= limit, spill, progress, cancellation);
    }

    /// <summary>The first rows alone.</summary>
    public static BaselineTable ReadFirst(string part, IParquetFile file, long rows, CancellationToken cancellation) =>
        Read(part, file, Math.Min(rows, file.Rows), static _ => true, null, null, cancellation);

    private static BaselineTable Read(
        string part, IParquetFile file, long rows, Predicate<long> keep, TableSpill? spill, Action<double>? progress, CancellationToken cancellation)
    {
        var columns = TableHeader.Columns(part, file.Columns, spill);
        if (file.Rows == 0)
        {
            throw TableHeader.Refusal(part, "has columns and no rows: send the rows themselves, too.");
        }

        file.Read(rows, keep, (column, cell) => columns[column].Add(cell), progress, cancellation);
        foreach (var column in columns)
        {
            column.Complete();
        }

        return new BaselineTable(part, columns, rows);
    }
}
