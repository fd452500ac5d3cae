using CsCheck;
using Xunit;

namespace MlOps.Tests.Models;

/// <summary>What is no table, or no Parquet file, is refused in words.</summary>
public sealed class HostileParquetTests : IDisposable
{
    private readonly ParquetFiles files = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => files.Dispose();

    [Fact]
    public void NestedColumns_AreNamed()
    {
        var path = files.Write([TestColumn.Of("fine", [1]), TestColumn.Of("many", [new[] { 1, 2 }])]);

        var refused = Refused(path);

        Assert.Equal("/baseline/many", Assert.Single(refused.Faults).Pointer);
        Assert.Contains("'many' is a list, map or struct", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void BytesThatAreNoText_AreRefused()
    {
        var path = files.Write([TestColumn.Of("raw", [new byte[] { 0xFF, 0xFE }])]);

        Assert.Contains("'raw' that are no UTF-8 text", Refused(path).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CellThatUnpacksToMoreThanACellMayHave_IsRefused()
    {
        var path = files.Write([TestColumn.Of("huge", [new string('0', (16 << 20) + 1)])]);

        Assert.InRange(new FileInfo(path).Length, 1, 4 << 20);
        Assert.Contains("at most 16 MiB", Refused(path).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ColumnsOfOneName_AreRefused()
    {
        var path = files.Write([TestColumn.Of("a", [1]), TestColumn.Of("a", [2])]);

        Assert.Contains("'a' twice", Refused(path).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NoRows_IsRefused() => Assert.Contains("no rows", Refused(files.Write([TestColumn.Of("a", Array.Empty<int>())])).Message, StringComparison.Ordinal);

    [Fact]
    public void MagicAlone_IsRefused() => Assert.Contains("cannot be read as Parquet", Refused(files.Write("PAR1 and more PAR1"u8.ToArray())).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.99)]
    public void CutOff_IsRefused(double share)
    {
        var whole = File.ReadAllBytes(Good());

        Assert.Contains("cannot be read as Parquet", Refused(files.Write(whole[..(int)(whole.Length * share)])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DamagedBytes_AreReadOrRefused_AndNothingElse()
    {
        var whole = File.ReadAllBytes(Good());
        Gen.Select(Gen.Int[4, whole.Length - 1], Gen.Byte).Array[1, 4].Sample(
            damage =>
            {
                var bytes = whole.ToArray();
                foreach (var (at, value) in damage)
                {
                    bytes[at] = value;
                }

                var path = files.Write(bytes);
                try
                {
                    return ParquetFiles.Rows(path).Read(null, null, Token).Rows > 0;
                }
                catch (MlOpsException refused)
                {
                    return refused.Code == ErrorCode.InvalidBaseline && refused.Faults.Length > 0;
                }
                finally
                {
                    File.Delete(path);
                }
            },
            iter: 2_000,
            threads: 1);
    }

    private string Good() => files.Write(
        [TestColumn.Of("a", Enumerable.Range(0, 500).Select(row => row / 7.0).ToArray()), TestColumn.Of("b", Enumerable.Range(0, 500).Select(row => row % 3 == 0 ? null : $"text {row % 7}").ToArray())], 200);

    private static MlOpsException Refused(string path)
    {
        var refused = Assert.Throws<MlOpsException>(() => ParquetFiles.Rows(path).Read(null, null, Token));
        Assert.Equal(ErrorCode.InvalidBaseline, refused.Code);
        Assert.NotEmpty(refused.Faults);
        return refused;
    }
}
