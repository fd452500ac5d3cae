using MlOps.Models.Registration;
using ParquetSharp;

namespace MlOps.Tests.Models;

/// <summary>Parquet files made for a test, gone with it.</summary>
internal sealed class ParquetFiles : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("mlops-parquet-").FullName;
    private int count;

    public string Folder => folder;

    /// <summary>A file of these columns, in row groups of so many rows.</summary>
    public string Write(IReadOnlyList<TestColumn> columns, int groupRows = int.MaxValue)
    {
        var path = NewPath();
        using var file = new ParquetFileWriter(path, [.. columns.Select(column => column.Schema)]);
        var rows = columns[0].Rows;
        for (var from = 0; from < rows || from == 0; from += Math.Min(groupRows, Math.Max(1, rows - from)))
        {
            using var group = file.AppendRowGroup();
            foreach (var column in columns)
            {
                column.Write(group, from, Math.Min(groupRows, rows - from));
            }
        }

        file.Close();
        return path;
    }

    public string Write(byte[] bytes)
    {
        var path = NewPath();
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public static RowsFile Rows(string path) => new("baseline", path, new RowsReading(ParquetExtensions.Reader, long.MaxValue));

    /// <summary>Each column's cells as text.</summary>
    public static string[][] Cells(BaselineTable table) => [.. table.Columns.Select(column => Enumerable.Range(0, column.Rows).Select(column.Text).ToArray())];

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string NewPath() => Path.Combine(folder, $"{count++}.rows");
}

/// <summary>One column of a test's file.</summary>
internal abstract record TestColumn(Column Schema, int Rows)
{
    public abstract void Write(RowGroupWriter group, int from, int count);

    public static TestColumn Of<T>(string name, T[] values, LogicalType? type = null) => new Typed<T>(new Column<T>(name, type), values);

    private sealed record Typed<T>(Column Schema, T[] Values) : TestColumn(Schema, Values.Length)
    {
        public override void Write(RowGroupWriter group, int from, int count)
        {
            using var writer = group.NextColumn().LogicalWriter<T>();
            writer.WriteBatch(Values.AsSpan(from, count));
        }
    }
}
