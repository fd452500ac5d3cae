using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using MlOps.Models;
using ParquetSharp;
using Xunit;
using static MlOps.Tests.Models.Graphs;

namespace MlOps.Tests.Models;

/// <summary>Rows that a job reads, in a real child process that may take little memory.</summary>
public sealed class BaselineJobTests : IDisposable
{
    private const long Memory = 128L << 20;

    private readonly Scratch scratch = new();

    public void Dispose() => scratch.Dispose();

    [Fact]
    public async Task RowsOfMoreBytesThanTheMemory_AreRead()
    {
        var path = Path.Combine(scratch.Empty(), "baseline.csv");
        await using (var file = new StreamWriter(path))
        {
            await file.WriteLineAsync("x,t");
            var padding = new string('p', 1000);
            for (var row = 0; row < 160_000; row++)
            {
                await file.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{row},{padding}"));
            }
        }

        Assert.True(new FileInfo(path).Length > Memory);
        Assert.Equal(160_000, (await Read(path)).Baseline!.Rows);
    }

    [Fact]
    public async Task DifferentTextsThatTakeMoreThanTheMemory_EndTheJobAlone()
    {
        var path = Path.Combine(scratch.Empty(), "baseline.csv");
        await using (var file = new StreamWriter(path))
        {
            await file.WriteLineAsync("x,t");
            var padding = new string('p', 100_000);
            for (var row = 0; row < 2_000; row++)
            {
                await file.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{row},{row}{padding}"));
            }
        }

        var refused = await Assert.ThrowsAsync<MlOpsException>(() => Read(path));

        Assert.Contains("Models:BaselineMemoryBytes", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PageOfParquetThatUnpacksToMoreThanTheMemory_EndsTheJobAlone()
    {
        var path = Path.Combine(scratch.Empty(), "baseline.parquet");
        var cell = new string('0', 16 << 20);
        using (var properties = new WriterPropertiesBuilder().DisableDictionary().DataPagesize(1 << 30).Compression(Compression.Snappy).Build())
        using (var file = new ParquetFileWriter(path, [new Column<int>("x"), new Column<string>("t")], properties))
        {
            using var group = file.AppendRowGroup();
            using (var column = group.NextColumn().LogicalWriter<int>())
            {
                column.WriteBatch([.. Enumerable.Range(0, 20)]);
            }

            using (var column = group.NextColumn().LogicalWriter<string>())
            {
                column.WriteBatch([.. Enumerable.Repeat(cell, 20)]);
            }

            file.Close();
        }

        var refused = await Assert.ThrowsAsync<MlOpsException>(() => Read(path));

        Assert.Contains("Parquet pages that unpack to more memory than is allowed", refused.Message, StringComparison.Ordinal);
    }

    private Task<CheckedModel> Read(string baseline)
    {
        var known = Node("LabelEncoder", ["t"], ["k"], Ml, Texts("keys_strings", "a"), Floats("values_floats", 1));
        var model = Model([known, Node("Add", ["x", "k"], ["y"])], [Value("x", 1, -1, 1), Value("t", 8, -1, 1)], [Value("y", 1, -1, 1)]);
        var checker = new ModelChecker(
            Options.Create(new ModelOptions { BaselineMemoryBytes = Memory }),
            Options.Create(new ModelCheckOptions { Command = ["dotnet", typeof(BaselineJobTests).Assembly.Location] }),
            new DataFolder(scratch.Folder),
            TimeProvider.System,
            NullLogger<ModelChecker>.Instance);
        var upload = scratch.Upload(model) with { Baseline = baseline, Metadata = """{"features": [{"name": "x", "dtype": "numeric"}, {"name": "t", "dtype": "text"}]}""" };
        return checker.ReadWhole(upload, null, _ => { }, TestContext.Current.CancellationToken);
    }
}
