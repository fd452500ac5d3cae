using System.Text;
using CsCheck;
using MlOps.Models.Registration;
using Xunit;

namespace MlOps.Tests.Models.Registration;

public sealed class TableSpillTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("mlops-spill-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void SpilledColumn_IsTheColumnInMemory() =>
        Gen.Select(Gen.String[0, 12].Array[1, 300], Gen.Int[16, 200], Gen.Int[0, 299].Array[20]).Sample((cells, page, looks) =>
        {
            using var spill = new TableSpill(folder);
            var (memory, spilled) = (new TableColumn("x"), new TableColumn("x", spill, page));
            foreach (var cell in cells)
            {
                memory.Add(Encoding.UTF8.GetBytes(cell));
                spilled.Add(Encoding.UTF8.GetBytes(cell));
            }

            spilled.Complete();
            return memory.Rows == spilled.Rows
                && memory.Counts == spilled.Counts
                && looks.Select(look => look % cells.Length).All(row => memory[row].SequenceEqual(spilled[row]))
                && memory.Levels(10_000)!.Order().SequenceEqual(spilled.Levels(10_000)!.Order());
        });

    [Fact]
    public void SpilledTable_KeepsTheSampleOfTheTableInMemory()
    {
        var csv = Encoding.UTF8.GetBytes("row,text\n" + string.Concat(Enumerable.Range(0, 5_000).Select(row => $"{row},{new string('x', row % 90)}\n")));
        using var spill = new TableSpill(folder);

        var memory = CsvTable.Read("baseline", () => new MemoryStream(csv), TestContext.Current.CancellationToken, 700);
        var spilled = CsvTable.Read("baseline", () => new MemoryStream(csv), spill, null, TestContext.Current.CancellationToken, 700);

        Assert.Equal((5_000, 700), (spilled.Total, spilled.Rows));
        Assert.Equal(Cells(memory), Cells(spilled));
    }

    [Fact]
    public void Progress_RisesToTheEnd()
    {
        var csv = Encoding.UTF8.GetBytes("row\n" + string.Concat(Enumerable.Range(0, 200_000).Select(row => $"{row}\n")));
        using var spill = new TableSpill(folder);
        var told = new List<double>();

        CsvTable.Read("baseline", () => new MemoryStream(csv), spill, told.Add, TestContext.Current.CancellationToken);

        Assert.Equal(told.Order(), told);
        Assert.InRange(told[^1], 0.9, 1);
    }

    private static List<string> Cells(BaselineTable table) => [.. table.Columns.SelectMany(column => Enumerable.Range(0, table.Rows).Select(column.Text))];
}
