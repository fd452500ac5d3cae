using System.Collections.Immutable;
using MlOps.Models.Registration;
using ParquetSharp;

namespace MlOps.Models;

/// <summary>An open Parquet file.</summary>
internal sealed class ParquetFile : IParquetFile
{
    private const long MostRows = int.MaxValue;
    private const int MostColumns = 100_000;

    private readonly string part;
    private readonly ParquetFileReader reader;
    private readonly ImmutableArray<ParquetColumn> columns;
    private readonly int groups;

    public ParquetFile(string part, ParquetFileReader reader)
    {
        (this.part, this.reader) = (part, reader);
        using var metadata = reader.FileMetaData;
        groups = metadata.NumRowGroups;
        Rows = metadata.NumRows;
        if (Rows is < 0 or > MostRows || metadata.NumColumns > MostColumns)
        {
            throw ParquetReader.Refusal(part, $"says of itself that it has {Rows} rows and {metadata.NumColumns} columns; at most {MostRows} and {MostColumns} are read.");
        }

        columns = [.. Enumerable.Range(0, metadata.NumColumns).Select(index => new ParquetColumn(metadata.Schema.Column(index)))];
        var refused = columns.Where(column => column.Refusal is not null).Select(column => new Fault($"/{part}/{FaultList.Escape(column.Name)}", column.Refusal!)).Take(100).ToImmutableArray();
        if (!refused.IsEmpty)
        {
            throw new MlOpsException(ErrorCode.InvalidBaseline, $"The {part} has columns that are no single values: {refused[0].Detail}", refused);
        }

        Columns = [.. columns.Select(column => column.Name)];
    }

    public ImmutableArray<string> Columns { get; }

    public long Rows { get; }

    public void Read(long rows, Predicate<long> keep, CellSink sink, Action<double>? progress, CancellationToken cancellation) =>
        ParquetReader.Guard(part, () =>
        {
            var first = 0L;
            for (var number = 0; number < groups && first < rows; number++)
            {
                using var group = reader.RowGroup(number);
                var inGroup = group.MetaData.NumRows;
                if (inGroup < 0 || inGroup > Rows - first)
                {
                    throw Damaged();
                }

                var count = Math.Min(inGroup, rows - first);
                for (var index = 0; index < columns.Length; index++)
                {
                    using var column = group.Column(index);
                    new ParquetCells(part, columns[index], index, first, keep, sink, cancellation).Read(column, count);
                    progress?.Invoke((first + ((double)count * (index + 1) / columns.Length)) / rows);
                }

                first += count;
            }

            return first == rows ? true : throw Damaged();
        });

    public void Dispose() => reader.Dispose();

    private MlOpsException Damaged() => ParquetReader.Refusal(part, "is damaged: its row groups do not add up to its rows. Write it again.");
}
