using CsCheck;
using MlOps.Deployments;
using MlOps.Models;
using MlOps.Predictions;
using MlOps.Projects;
using Xunit;

namespace MlOps.Tests.Predictions;

/// <summary>Shares are exact, keys stay where they are, and a change moves no more of them than it must.</summary>
public sealed class CanarySplitTests
{
    private const int Draws = 100_000;

    private static readonly DateTimeOffset Born = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly ProjectId Project = ProjectId.Parse("01890a5d-ac96-774b-bcce-b302099a8057");

    // Canaries, oldest first, whose shares leave production at least one percent.
    private static readonly Gen<(DeploymentId Id, int Percent)[]> Canaries = Gen.Select(Gen.Guid, Gen.Int[1, 60]).Array[0, 8].Select(drawn =>
    {
        var left = 99;
        return drawn.DistinctBy(one => one.Item1).OrderBy(one => one.Item1)
            .Select(one => (new DeploymentId(one.Item1), Percent: Math.Min(one.Item2, left)))
            .TakeWhile(one => (left -= one.Percent) >= 0 && one.Percent > 0)
            .ToArray();
    });

    [Fact]
    public void Shares_AreExactOverAllSlots() => Canaries.Sample(canaries =>
    {
        var taken = Owners(canaries).Where(owner => owner is not null).CountBy(owner => owner!.Value).ToDictionary();

        Assert.Equal(canaries.ToDictionary(canary => canary.Id, canary => canary.Percent), taken);
    });

    [Fact]
    public void Shares_DoNotDependOnTheOrderOfRows() => Gen.Select(Canaries, Gen.Int).Sample((canaries, seed) =>
    {
        var shuffled = canaries.ToArray();
        new Random(seed).Shuffle(shuffled);

        Assert.Equal(Owners(canaries), Owners(shuffled));
    });

    [Fact]
    public void Change_OfOneCanary_MovesOnlyWhatItMust() =>
        Gen.Select(Canaries.Where(canaries => canaries.Length > 0), Gen.Int[0, 7], Gen.Int[0, 99]).Sample((canaries, pick, asked) =>
        {
            var index = pick % canaries.Length;
            var (changed, before) = canaries[index];
            var after = Math.Min(asked, before + 99 - canaries.Sum(canary => canary.Percent));
            var younger = canaries[(index + 1)..].Select(canary => canary.Id).ToHashSet();
            var (was, now) = (Owners(canaries), Owners([.. canaries.Select(canary => canary.Id == changed ? (changed, after) : canary).Where(canary => canary.Item2 > 0)]));

            var moved = Enumerable.Range(0, CanarySplit.Slots).Where(slot => was[slot] != now[slot]).ToList();

            // It keeps what it had, or gives up some of it.
            Assert.Equal(Math.Abs(after - before), moved.Count(slot => (was[slot] == changed) != (now[slot] == changed)));
            // Older canaries lose and gain nothing; a younger one that has to go round it keeps its size.
            Assert.All(moved, slot => Assert.True((was[slot] is not { } from || from == changed || younger.Contains(from)) && (now[slot] is not { } to || to == changed || younger.Contains(to))));
            Assert.InRange(moved.Count, Math.Abs(after - before), Math.Abs(after - before) * (1 + younger.Count));
        });

    [Fact]
    public void NewestCanary_TakesItsShareFromProductionAlone() => Gen.Select(Canaries, Gen.Int[1, 99]).Sample((canaries, percent) =>
    {
        var newest = new DeploymentId(new Guid("ffffffff-ffff-7fff-bfff-ffffffffffff"));
        percent = Math.Min(percent, 99 - canaries.Sum(canary => canary.Percent));
        var (was, now) = (Owners(canaries), Owners(percent > 0 ? [.. canaries, (newest, percent)] : canaries));

        Assert.All(Enumerable.Range(0, CanarySplit.Slots).Where(slot => was[slot] != now[slot]), slot => Assert.Equal((null, newest), (was[slot], now[slot]!.Value)));
    });

    // Held for ever: a key that changed its slot would change who answers it. Worked out with hashlib in Python.
    [Theory]
    [InlineData("user-1", 90)]
    [InlineData("user-2", 2)]
    [InlineData("customer 42", 20)]
    [InlineData("ünïcödé 🎲", 52)]
    [InlineData("0", 2)]
    public void Slot_OfAKey_IsTheOneWrittenDown(string key, int slot) => Assert.Equal(slot, CanarySplit.Slot(Project, key));

    [Theory]
    [InlineData("01890a5d-ac96-774b-bcce-b302099a8058", 39)]
    [InlineData("01890a5d-ac96-774b-bcce-b302099a8059", 83)]
    public void Place_OfACanary_IsTheOneWrittenDown(string id, int place)
    {
        var canary = DeploymentId.Parse(id);

        Assert.Equal(place, Array.IndexOf(Owners([(canary, 1)]), canary));
    }

    [Fact]
    public void LongestKey_HasASlot_AndALongerOneNone()
    {
        Assert.InRange(CanarySplit.Slot(Project, new string('€', CanarySplit.LongestKey)), 0, CanarySplit.Slots - 1);
        Assert.Throws<ArgumentException>(() => CanarySplit.Slot(Project, new string('x', CanarySplit.LongestKey + 1)));
    }

    [Fact]
    public void Slot_OfAKey_IsAnotherInAnotherProject()
    {
        var other = ProjectId.Parse("01890a5d-ac96-774b-bcce-b302099a8058");

        Assert.InRange(Enumerable.Range(0, 1_000).Count(key => CanarySplit.Slot(Project, $"{key}") == CanarySplit.Slot(other, $"{key}")), 0, 40);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20, 5, 1)]
    [InlineData(33, 33, 33)]
    public void DrawsAndKeys_GiveEachItsShare(params int[] percents)
    {
        // The same ids each time: their places decide which keys they get, and one draw of places in some hundred lies outside three standard errors.
        var canaries = percents.Select((percent, index) => (Id: DeploymentId.Parse($"01890a5d-ac96-774b-bcce-b302099a80{index:d2}"), percent)).ToArray();
        var owners = Owners(canaries);
        var draw = new SlotDraw(20011);

        foreach (var slots in new[] { Enumerable.Range(0, Draws).Select(_ => draw.Next()), Enumerable.Range(0, Draws).Select(key => CanarySplit.Slot(Project, $"user-{key}")) })
        {
            var counts = slots.Select(slot => owners[slot]).CountBy(owner => owner.GetValueOrDefault()).ToDictionary();
            Assert.All(canaries.Append((default, 100 - percents.Sum())), share => AssertWithinThreeErrors(counts[share.Item1], share.Item2));
        }
    }

    [Fact]
    public void Draws_OfManyThreads_AreThoseOfOne()
    {
        var (together, alone) = (new SlotDraw(1), new SlotDraw(1));
        var drawn = new int[10_000];

        Parallel.For(0, drawn.Length, index => drawn[index] = together.Next());

        Assert.Equal(Enumerable.Range(0, drawn.Length).Select(_ => alone.Next()).Order(), drawn.Order());
    }

    private static void AssertWithinThreeErrors(int count, int percent)
    {
        var share = percent / 100.0;
        Assert.InRange((double)count / Draws, share - 3 * Math.Sqrt(share * (1 - share) / Draws), share + 3 * Math.Sqrt(share * (1 - share) / Draws));
    }

    private static DeploymentId?[] Owners((DeploymentId Id, int Percent)[] canaries)
    {
        var split = CanarySplit.Of(new ProjectState(Project, 1, [.. canaries.Select(canary => new Deployment(
            canary.Id, Project, new DeploymentSpec(ModelId.New(Born), "d", canary.Percent, true, PrivacySettings.None, null), Stage.Staging, "m", "GBM", null, Born, Born))], new(Guid.Empty, Born)));
        return [.. Enumerable.Range(0, CanarySplit.Slots).Select(slot => split?.At(slot))];
    }
}
