using CsCheck;
using MlOps.Predictions;
using Xunit;

namespace MlOps.Tests.Predictions;

public sealed class UnloadPolicyTests
{
    private static readonly Gen<UnloadCandidate> Candidate =
        Gen.Select(Gen.Bool, Gen.Bool, Gen.Long[0, 20], Gen.Long[0, 1000], (traffic, used, last, bytes) => new UnloadCandidate(traffic, used, last, bytes));

    [Fact]
    public void Choice_GoesByUse_ThenByTraffic_ThenByAge()
    {
        UnloadCandidate[] loaded = [new(true, true, 1, 1), new(false, true, 2, 1), new(true, false, 3, 1), new(false, false, 5, 1), new(false, false, 4, 1)];

        Assert.Equal([4, 3, 2, 1, 0], UnloadPolicy.Choose(loaded, 5));
    }

    [Fact]
    public void Choice_IsAsSmallAsTheOrderAllows()
    {
        Gen.Select(Candidate.Array[0, 30], Gen.Long[-100, 20_000]).Sample((loaded, excess) =>
        {
            var chosen = UnloadPolicy.Choose(loaded, excess);

            var freed = chosen.Sum(index => loaded[index].Bytes);
            Assert.Equal(chosen.Count, chosen.Distinct().Count());
            Assert.True(freed >= excess || chosen.Count == loaded.Length);
            Assert.True(chosen.Count == 0 || freed - loaded[chosen[^1]].Bytes < excess);
        });
    }

    [Fact]
    public void Choice_LeavesNothingThatShouldHaveGoneBefore()
    {
        Gen.Select(Candidate.Array[1, 30], Gen.Long[1, 20_000]).Sample((loaded, excess) =>
        {
            var chosen = UnloadPolicy.Choose(loaded, excess);

            foreach (var kept in Enumerable.Range(0, loaded.Length).Except(chosen).Select(index => loaded[index]))
            {
                Assert.All(chosen, index => Assert.True(Order(loaded[index]).CompareTo(Order(kept)) <= 0));
            }
        });
    }

    private static (bool, bool, long) Order(UnloadCandidate candidate) => (candidate.IsInUse, candidate.TakesTraffic, candidate.LastUsed);
}
