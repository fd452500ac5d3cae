using System.Collections.Immutable;

namespace MlOps.Models.Registration;

/// <summary>Opens Parquet files. They come from anywhere and are read by native code: only in a process that may be lost.</summary>
public interface IParquetReader
{
    /// <param name="part">What the part is called: <c>baseline</c> or <c>reference</c>.</param>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.InvalidBaseline"/>: it is no Parquet file, or has columns that no CSV could have.</exception>
    IParquetFile Open(string part, string path);
}

/// <summary>
/// A Parquet file as the table that a CSV of the same rows would be. Cells are invariant text: a null and an empty string are empty cells; whole numbers;
/// floats in the shortest form that reads back as the same value of their type, <c>NaN</c>, <c>Infinity</c>; decimals with the digits of their scale; <c>true</c> and <c>false</c>;
/// dates <c>2026-01-31</c>, times <c>23:59:59</c>, timestamps <c>2026-01-31T23:59:59</c>, with a fraction of as many digits as it needs, and <c>Z</c>
/// where they are adjusted to UTC; UUIDs with hyphens in lower case.
/// </summary>
public interface IParquetFile : IDisposable
{
    ImmutableArray<string> Columns { get; }

    long Rows { get; }

    /// <summary>Reads the first rows, column by column within each row group: the cells of a column come in the order of the rows.</summary>
    /// <param name="rows">How many rows are looked at, at most.</param>
    /// <param name="keep">Whether the cells of a row are wanted.</param>
    /// <param name="progress">Told the share that has been read.</param>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.InvalidBaseline"/>: it is damaged.</exception>
    void Read(long rows, Predicate<long> keep, CellSink sink, Action<double>? progress, CancellationToken cancellation);
}

/// <summary>Takes the next cell of a column; the span is good during the call.</summary>
public delegate void CellSink(int column, ReadOnlySpan<byte> cell);
