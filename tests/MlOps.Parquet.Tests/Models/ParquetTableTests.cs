using System.Globalization;
using CsCheck;
using MlOps.Models.Registration;
using ParquetSharp;
using Xunit;
using Encoding = System.Text.Encoding;

namespace MlOps.Tests.Models;

/// <summary>A Parquet file is the table that a CSV of the same rows is.</summary>
public sealed class ParquetTableTests : IDisposable
{
    private readonly ParquetFiles files = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => files.Dispose();

    [Fact]
    public void SameRows_AreTheSameTableInBothFormats() =>
        Gen.Select(
            Gen.Double.Array[1, 60],
            Gen.Int[1, 20],
            Gen.Int[1, 40])
            .Sample((numbers, groupRows, most) =>
            {
                var rows = numbers.Length;
                var missing = numbers.Select((number, row) => row % 3 == 0 ? (double?)null : number).ToArray();
                var texts = numbers.Select((_, row) => row % 5 == 0 ? null : $"level, \"{row % 4}\" ä").ToArray();
                var whole = numbers.Select((_, row) => (long)row * int.MaxValue).ToArray();
                var flags = numbers.Select(number => number > 0).ToArray();
                var path = files.Write(
                    [TestColumn.Of("number", numbers), TestColumn.Of("missing", missing), TestColumn.Of("text", texts), TestColumn.Of("whole", whole), TestColumn.Of("flag", flags)], groupRows);
                var csv = new System.Text.StringBuilder("number,missing,text,whole,flag\n");
                for (var row = 0; row < rows; row++)
                {
                    csv.Append(CultureInfo.InvariantCulture, $"{numbers[row]},{missing[row]},\"{texts[row]?.Replace("\"", "\"\"", StringComparison.Ordinal)}\",{whole[row]},{(flags[row] ? "true" : "false")}\n");
                }

                using var file = ParquetExtensions.Reader.Open("baseline", path);
                using var spill = new TableSpill(files.Folder);
                var parquet = ParquetTable.Read("baseline", file, spill, null, Token, most);
                var other = CsvTable.Read("baseline", () => new MemoryStream(Encoding.UTF8.GetBytes(csv.ToString())), Token, most);
                File.Delete(path);
                return (parquet.Total, parquet.Rows) == (other.Total, other.Rows)
                    && parquet.Columns.Select(column => column.Name).SequenceEqual(other.Columns.Select(column => column.Name))
                    && parquet.Columns.Zip(other.Columns).All(pair => pair.First.Counts == pair.Second.Counts)
                    && ParquetFiles.Cells(parquet).Zip(ParquetFiles.Cells(other)).All(pair => pair.First.SequenceEqual(pair.Second));
            }, iter: 200, threads: 1);

    [Fact]
    public void Cells_AreInvariantText()
    {
        var path = files.Write(
        [
            TestColumn.Of("float", [0.1f, float.NaN, float.NegativeInfinity]),
            TestColumn.Of("unsigned", [uint.MaxValue, 0u, 1u]),
            TestColumn.Of("byte", [sbyte.MinValue, (sbyte)0, sbyte.MaxValue]),
            TestColumn.Of("decimal", [1.50m, -0.05m, 0m], LogicalType.Decimal(29, 2)),
            TestColumn.Of("date", [new Date(2026, 1, 31), new Date(1969, 12, 31), new Date(2000, 2, 29)]),
            TestColumn.Of("local", [new DateTime(2026, 1, 31, 23, 59, 59), new DateTime(1969, 12, 31, 23, 59, 59, 500), DateTime.UnixEpoch], LogicalType.Timestamp(false, TimeUnit.Micros)),
            TestColumn.Of("utc", [new DateTime(2026, 1, 31, 23, 59, 59), new DateTime(1969, 12, 31, 23, 59, 59, 500), DateTime.UnixEpoch], LogicalType.Timestamp(true, TimeUnit.Millis)),
            TestColumn.Of("nano", [new DateTimeNanos(1), new DateTimeNanos(-1), new DateTimeNanos(0)], LogicalType.Timestamp(true, TimeUnit.Nanos)),
            TestColumn.Of("time", [new TimeSpan(23, 59, 59), TimeSpan.FromMilliseconds(1), TimeSpan.Zero], LogicalType.Time(true, TimeUnit.Millis)),
            TestColumn.Of("uuid", [Guid.Empty, new Guid("0f0e0d0c-0b0a-0908-0706-050403020100"), Guid.AllBitsSet]),
            TestColumn.Of("half", [(Half)0.5, Half.NaN, (Half)(-2)]),
            TestColumn.Of("bytes", ["text"u8.ToArray(), [], null!]),
        ]);

        var cells = ParquetFiles.Cells(ParquetFiles.Rows(path).Read(null, null, Token));

        Assert.Equal(
        [
            ["0.1", "NaN", "-Infinity"],
            ["4294967295", "0", "1"],
            ["-128", "0", "127"],
            ["1.50", "-0.05", "0.00"],
            ["2026-01-31", "1969-12-31", "2000-02-29"],
            ["2026-01-31T23:59:59", "1969-12-31T23:59:59.5", "1970-01-01T00:00:00"],
            ["2026-01-31T23:59:59Z", "1969-12-31T23:59:59.5Z", "1970-01-01T00:00:00Z"],
            ["1970-01-01T00:00:00.000000001Z", "1969-12-31T23:59:59.999999999Z", "1970-01-01T00:00:00Z"],
            ["23:59:59", "00:00:00.001", "00:00:00"],
            ["00000000-0000-0000-0000-000000000000", "0f0e0d0c-0b0a-0908-0706-050403020100", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
            ["0.5", "NaN", "-2"],
            ["text", "", ""],
        ], cells);
    }

    [Fact]
    public void FirstRows_AreTheFirstOfTheFile()
    {
        var path = files.Write([TestColumn.Of("a", Enumerable.Range(0, 1_000).ToArray())], 300);
        using var file = ParquetExtensions.Reader.Open("baseline", path);

        var first = ParquetTable.ReadFirst("baseline", file, 700, Token);

        Assert.Equal(Enumerable.Range(0, 700).Select(row => $"{row}"), ParquetFiles.Cells(first)[0]);
    }

    [Fact]
    public void LargeFile_IsLeftToAJobByItsCells()
    {
        var repeated = files.Write([TestColumn.Of("a", new int[2_000]), TestColumn.Of("b", new int[2_000])]);
        var size = new FileInfo(repeated).Length;

        Assert.False(new RowsFile("baseline", repeated, new RowsReading(ParquetExtensions.Reader, size)).IsLarge());
        Assert.True(new RowsFile("baseline", repeated, new RowsReading(ParquetExtensions.Reader, size - 1)).IsLarge());
        var many = files.Write([.. Enumerable.Range(0, 40).Select(column => TestColumn.Of($"c{column}", new byte[1_000_000]))]);
        Assert.InRange(new FileInfo(many).Length, 1, 8 << 20);
        Assert.True(new RowsFile("baseline", many, new RowsReading(ParquetExtensions.Reader, 64 << 20)).IsLarge());
    }

    [Fact]
    public void Progress_RisesToOne()
    {
        var path = files.Write([TestColumn.Of("a", new int[1_000]), TestColumn.Of("b", new int[1_000])], 100);
        var told = new List<double>();

        ParquetFiles.Rows(path).Read(null, told.Add, Token);

        Assert.Equal(told.Order(), told);
        Assert.Equal(1, told[^1], 9);
    }
}
