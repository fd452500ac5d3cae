using CsCheck;
using MlOps.Models.Registration;
using Xunit;

namespace MlOps.Tests.Models.Registration;

public sealed class RowSampleTests
{
    [Fact]
    public void Limit_KeepsExactlyAsManyRows() =>
        Gen.Select(Gen.Int[1, 5_000], Gen.Int[1, 5_000]).Sample((rows, size) =>
        {
            var limit = RowSample.Limit(rows, size);
            return Enumerable.Range(0, rows).Count(row => RowSample.Hash(row) <= limit) == Math.Min(rows, size);
        });

    [Fact]
    public void Limit_KeepsRowsFromEverywhere()
    {
        const int Rows = 200_000;
        var limit = RowSample.Limit(Rows, Rows / 10);

        var perTenth = Enumerable.Range(0, Rows).Where(row => RowSample.Hash(row) <= limit).GroupBy(row => row / (Rows / 10)).Select(tenth => tenth.Count()).ToList();

        // Binomial with mean 2,000 and standard deviation 42.
        Assert.Equal(10, perTenth.Count);
        Assert.All(perTenth, count => Assert.InRange(count, 1_790, 2_210));
    }

    // Baselines are kept by these hashes for as long as models live: they must never change.
    [Theory]
    [InlineData(0, 0xE220A8397B1DCDAFUL)]
    [InlineData(1, 0x910A2DEC89025CC1UL)]
    public void Hash_IsFixed(long row, ulong hash) => Assert.Equal(hash, RowSample.Hash(row));
}
