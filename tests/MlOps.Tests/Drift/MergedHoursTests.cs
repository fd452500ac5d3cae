using CsCheck;
using MlOps.Drift;
using MlOps.InferenceLogs;
using MlOps.Models;
using Xunit;

namespace MlOps.Tests.Drift;

public sealed class MergedHoursTests
{
    private static readonly WindowCounter Counter = new(
        DriftModels.Signature(DriftModels.Regression, ("x", FeatureType.Numeric)), DriftModels.Baseline(DriftModels.Edges(10, 10, 0)), null);

    private static readonly Guid[] Journals = [.. Enumerable.Range(0, 3).Select(_ => Guid.CreateVersion7())];
    private static readonly Dictionary<Guid, JournalPosition> Positions = new() { [Journals[0]] = new(1, 16), [Journals[1]] = new(7, 1_000) };

    // Journal, hour and rows of a window.
    private static readonly Gen<(int Journal, int Hour, int Rows)> Window = Gen.Select(Gen.Int[0, 2], Gen.Int[100, 110], Gen.Int[0, 5]);

    [Fact]
    public void Of_WindowsInAnyOrder_HasEachHourOnce_NewestFirst() =>
        Gen.Select(Window.List[0, 30], Gen.Int).Sample((windows, seed) =>
        {
            var shuffled = windows.ToArray();
            new Random(seed).Shuffle(shuffled);
            var (one, other) = (Of(windows), Of(shuffled));

            Assert.Equal(windows.Select(window => (long)window.Hour).Distinct().OrderDescending(), one.NewestFirst.Select(hour => hour.Hour.Number));
            Assert.All(one.NewestFirst, hour => Assert.Equal(windows.Where(window => window.Hour == hour.Hour.Number).Sum(window => window.Rows), hour.Counts.Rows));
            Assert.Equal(one.NewestFirst.Select(Text), other.NewestFirst.Select(Text));
        });

    [Fact]
    public void Of_LeavesTheWindowsThatItWasGivenAsTheyAre()
    {
        var first = Read((0, 100, 3));
        MergedHours.Of(Positions, new(100), new(101), [first, Read((1, 100, 4))]);

        Assert.Equal(3, first.Counts.Rows);
    }

    [Theory]
    [InlineData(100, 110, true)]
    [InlineData(103, 104, true)]
    [InlineData(99, 110, false)]
    [InlineData(100, 111, false)]
    public void IsCurrent_WithinTheHoursThatWereRead(int since, int until, bool current) => Assert.Equal(current, Of([]).IsCurrent(Positions, new(since), new(until)));

    [Fact]
    public void IsCurrent_UntilAJournalMoves()
    {
        var hours = Of([(0, 105, 3)]);

        Assert.True(hours.IsCurrent(new Dictionary<Guid, JournalPosition>(Positions), new(100), new(110)));
        Assert.False(hours.IsCurrent(With(Journals[0], new(1, 17)), new(100), new(110)));
        Assert.False(hours.IsCurrent(With(Journals[1], new(8, 16)), new(100), new(110)));
        Assert.False(hours.IsCurrent(With(Journals[2], new(1, 16)), new(100), new(110)));
        // One that is not known any more was forgotten, with its windows.
        Assert.False(hours.IsCurrent(new Dictionary<Guid, JournalPosition> { [Journals[0]] = Positions[Journals[0]] }, new(100), new(110)));
        Assert.False(MergedHours.None.IsCurrent(Positions, new(100), new(110)));
        Assert.False(MergedHours.None.IsCurrent(new Dictionary<Guid, JournalPosition>(), new(100), new(110)));
        Assert.Empty(MergedHours.None.NewestFirst);
    }

    private static Dictionary<Guid, JournalPosition> With(Guid journal, JournalPosition position) => new(Positions) { [journal] = position };

    private static MergedHours Of(IEnumerable<(int Journal, int Hour, int Rows)> windows) => MergedHours.Of(Positions, new(100), new(110), windows.Select(Read).ToList());

    private static JournalWindow Read((int Journal, int Hour, int Rows) window)
    {
        var counts = Counter.Empty();
        Counter.Add(counts, [.. Enumerable.Range(0, window.Rows).Select(row => (ushort)(row % 2))], [.. Enumerable.Range(0, window.Rows).Select(row => row / 3.0)]);
        return new(Journals[window.Journal], new(window.Hour), counts);
    }

    private static string Text(HourWindow hour) => $"{hour.Hour} {Convert.ToHexString(hour.Counts.ToBytes())}";
}
