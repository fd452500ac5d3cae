namespace MlOps.Models.Registration;

/// <summary>A baseline or reference part as it was uploaded: CSV or Parquet, told by its content.</summary>
internal sealed class RowsFile(string part, string path, RowsReading reading)
{
    /// <summary>Rows from which a model is understood whose whole rows are left to a job.</summary>
    public const int FirstRows = 50_000;

    private const long FirstCells = 4_000_000;
    private const long FirstBytes = 32L << 20;

    private readonly bool isParquet = ParquetTable.IsOne(path);

    /// <summary>Whether the whole is more than is read before an answer.</summary>
    public bool IsLarge()
    {
        if (new FileInfo(path).Length > reading.InlineBytes)
        {
            return true;
        }

        if (!isParquet || reading.InlineBytes == long.MaxValue)
        {
            return false;
        }

        using var file = reading.Parquet.Open(part, path);
        return (double)file.Rows * file.Columns.Length > RowsReading.MostInlineCells;
    }

    /// <summary>All rows, or the uniform sample of a million.</summary>
    /// <param name="progress">Told the share of the file that is read.</param>
    public BaselineTable Read(TableSpill? spill, Action<double>? progress, CancellationToken cancellation)
    {
        if (!isParquet)
        {
            return CsvTable.Read(part, Open, spill, progress, cancellation);
        }

        using var file = reading.Parquet.Open(part, path);
        return ParquetTable.Read(part, file, spill, progress, cancellation);
    }

    /// <summary>The first rows, from which the model can be understood as far as they show it.</summary>
    public BaselineTable ReadFirst(CancellationToken cancellation)
    {
        if (!isParquet)
        {
            return CsvTable.ReadFirst(part, Open, FirstRows, FirstBytes, cancellation);
        }

        using var file = reading.Parquet.Open(part, path);
        return ParquetTable.ReadFirst(part, file, Math.Clamp(FirstCells / file.Columns.Length, 100, FirstRows), cancellation);
    }

    private FileStream Open() => new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
}
