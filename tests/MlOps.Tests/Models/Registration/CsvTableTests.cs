using System.Globalization;
using System.Text;
using CsCheck;
using MlOps.Models.Registration;
using Xunit;

namespace MlOps.Tests.Models.Registration;

public sealed class CsvTableTests
{
    [Fact]
    public void Read_QuotesLineBreaksAndCommas()
    {
        var table = Read("a,\"b \"\"c\"\"\"\r\n\"1,5\",\"x\ny\"\r\n,\"\"\r\n");

        Assert.Equal(["a", "b \"c\""], table.Columns.Select(column => column.Name));
        Assert.Equal(["1,5", ""], Cells(table, 0));
        Assert.Equal(["x\ny", ""], Cells(table, 1));
    }

    [Fact]
    public void Read_ByteOrderMarkAndNoFinalLineBreak()
    {
        var table = Read("\uFEFFage,y\n1,2\n3,4");

        Assert.Equal("age", table.Columns[0].Name);
        Assert.Equal(2, table.Rows);
    }

    [Fact]
    public void Read_WhatWasWritten_IsReadBack() =>
        Gen.OneOf(Gen.Char.AlphaNumeric.Array[0, 6].Select(chars => new string(chars)), Gen.OneOf("ä", "\"", ",", "a\nb", "\r\n", "€😀", " x "))
            .Array[2].Array[1, 30]
            .Sample(rows =>
            {
                var csv = new StringBuilder("a,b\n");
                foreach (var row in rows)
                {
                    csv.Append(string.Join(',', row.Select(cell => $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\""))).Append('\n');
                }

                var table = Read(csv.ToString());
                return rows.Select(row => row[0]).SequenceEqual(Cells(table, 0)) && rows.Select(row => row[1]).SequenceEqual(Cells(table, 1));
            });

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("\n\n", "is empty")]
    [InlineData("a,b\n", "no rows")]
    [InlineData("a,a\n1,2\n", "'a' twice")]
    [InlineData("a,b\n1\n", "line 2 has 1 cells")]
    [InlineData("a,b\n1,2\n\n1,2,3\n", "line 4 has 3 cells")]
    [InlineData(",\n1,2\n", "no column names")]
    [InlineData("a;b\n1;2\n", "semicolons")]
    [InlineData("a,b\n1,\"2\n", "quotes")]
    public void Read_BadTable_SaysWhatIsWrong(string csv, string said)
    {
        var refused = Assert.Throws<MlOpsException>(() => Read(csv));

        Assert.Equal(ErrorCode.InvalidBaseline, refused.Code);
        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
        Assert.NotEmpty(refused.Faults);
    }

    [Theory]
    [InlineData(new byte[] { 0x61, 0x2C, 0x62, 0x0A, 0xFF, 0x2C, 0x31, 0x0A })]
    [InlineData(new byte[] { 0x61, 0xE4, 0x0A, 0x31, 0x0A })]
    public void Read_NotUtf8_IsRefused(byte[] bytes)
    {
        var refused = Assert.Throws<MlOpsException>(() => CsvTable.Read("baseline", () => new MemoryStream(bytes), CancellationToken.None));

        Assert.Contains("UTF-8", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_MoreRowsThanAreKept_KeepsTheSameSampleEveryTime()
    {
        var csv = "row\n" + string.Join('\n', Enumerable.Range(0, 1_000));

        var (first, second) = (Read(csv, 100), Read(csv, 100));

        Assert.Equal((1_000, 100), (first.Total, first.Rows));
        Assert.Equal(Cells(first, 0), Cells(second, 0));
        var limit = RowSample.Limit(1_000, 100);
        Assert.All(Cells(first, 0), cell => Assert.True(RowSample.Hash(long.Parse(cell, CultureInfo.InvariantCulture)) <= limit));
    }

    [Theory]
    [InlineData("5", 5.0, true)]
    [InlineData("5.0", 5.0, true)]
    [InlineData("-1e3", -1000.0, true)]
    [InlineData("2.5", 2.5, false)]
    [InlineData("9007199254740993", 9007199254740993.0, true)]
    [InlineData("inf", double.PositiveInfinity, false)]
    public void Number_WholeOnesAreIntegers(string cell, double value, bool whole)
    {
        var number = Cell.Number(cell)!.Value;

        Assert.Equal(value, number.AsNumber);
        Assert.Equal(whole, number.AsInteger is not null);
    }

    [Fact]
    public void Number_BeyondDoubles_IsExact() => Assert.Equal(9007199254740993, Cell.Number("9007199254740993")!.Value.AsInteger);

    [Theory]
    [InlineData("")]
    [InlineData("NaN")]
    [InlineData("true")]
    [InlineData("1,5")]
    [InlineData("0x10")]
    [InlineData("five")]
    public void Number_AnythingElse_IsNone(string cell) => Assert.Null(Cell.Number(cell));

    [Fact]
    public void Counts_TellCellsApart()
    {
        var counts = Read("x,pad\n,1\nNaN,1\n1,1\n0,1\n2.5,1\nTRUE,1\nfalse,1\nhm,1\n").Columns[0].Counts;

        Assert.Equal(new CellCounts(Empty: 1, NaN: 1, Numbers: 1, Bits: 2, Flags: 2, Texts: 1, Fractions: 1, FirstText: 7), counts);
    }

    [Theory]
    [InlineData("b a C", "C a b")]
    [InlineData("10 9 1.5", "1.5 9 10")]
    [InlineData("10 9 x", "10 9 x")]
    public void Sort_NumbersByValueElseOrdinal(string levels, string sorted) => Assert.Equal(sorted.Split(' '), Levels.Sort(levels.Split(' ')));

    private static BaselineTable Read(string csv, int most = BaselineTable.MostRows) =>
        CsvTable.Read("baseline", () => new MemoryStream(Encoding.UTF8.GetBytes(csv)), CancellationToken.None, most);

    private static List<string> Cells(BaselineTable table, int column) => [.. Enumerable.Range(0, table.Rows).Select(table.Columns[column].Text)];
}
