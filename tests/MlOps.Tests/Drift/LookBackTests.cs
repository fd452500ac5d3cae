using MlOps.Drift;
using MlOps.Models;
using Xunit;

namespace MlOps.Tests.Drift;

public sealed class LookBackTests
{
    private static readonly UtcHour Now = UtcHour.Of(new DateTimeOffset(2026, 2, 28, 12, 40, 0, TimeSpan.Zero));
    private static readonly ModelSignature Signature = DriftModels.Signature(DriftModels.Regression, ("x", FeatureType.Numeric), ("small", FeatureType.Numeric));

    // Of the first feature 200 rows would do; of the second no number, so nobody waits for it.
    private static readonly Baseline Baseline = DriftModels.Baseline(DriftModels.Edges(5_000, 5_000, 0), DriftModels.Edges(9, 11, 10, 10, 0));
    private static readonly WindowCounter Counter = new(Signature, Baseline, null);

    [Fact]
    public void Choose_EnoughRowsInADay_IsTwentyFourHoursWithTheCurrentOne()
    {
        var window = Choose(null, (0, 150), (-23, 50), (-24, 999));

        Assert.Equal((Now.Plus(-23), Now.Plus(1), 200), (window.Since, window.Until, window.Counts.Rows));
        Assert.Equal("2026-02-27T13:00:00Z", window.Since.ToString());
    }

    [Fact]
    public void Choose_TooFewRows_GoesBackUntilTheyDo()
    {
        var window = Choose(null, (0, 100), (-40, 60), (-90, 39), (-91, 1), (-92, 5_000));

        Assert.Equal((Now.Plus(-91), 200), (window.Since, window.Counts.Rows));
    }

    [Fact]
    public void Choose_NeverEnoughRows_IsThirtyDays()
    {
        var window = Choose(null, (0, 100), (-719, 99), (-720, 5_000));

        Assert.Equal((Now.Plus(-719), Now.Plus(1), 199), (window.Since, window.Until, window.Counts.Rows));
    }

    [Fact]
    public void Choose_NoRows_IsThirtyDays() => Assert.Equal((Now.Plus(-719), 0), (Choose(null).Since, Choose(null).Counts.Rows));

    [Fact]
    public void Choose_ModelWithoutBaseline_IsADay()
    {
        var window = LookBack.Choose(Now, null, null, new WindowCounts(2), []);

        Assert.Equal(Now.Plus(-23), window.Since);
    }

    [Theory]
    [InlineData(1, 0, 100)]
    [InlineData(2, -1, 110)]
    [InlineData(1_000, -999, 115)]
    public void Choose_FixedHours_AreThose(int hours, int first, long rows)
    {
        var window = Choose(hours, (0, 100), (-1, 10), (-500, 5));

        Assert.Equal((Now.Plus(first), Now.Plus(1), rows), (window.Since, window.Until, window.Counts.Rows));
    }

    [Fact]
    public void Choose_HourOfSeveralJournals_IsTakenWhole()
    {
        var window = Choose(null, (-30, 150), (-30, 60), (-30, 7), (-31, 5_000));

        Assert.Equal((Now.Plus(-30), 217), (window.Since, window.Counts.Rows));
    }

    [Fact]
    public void Choose_HoursToCome_AreLeftOut() => Assert.Equal(200, Choose(null, (5, 7), (1, 7), (0, 200)).Counts.Rows);

    [Fact]
    public void Choose_NewBinInTheWindow_AsksForMoreRows()
    {
        // Two bins are content with 200 rows; rows without a value make it three, which ask for more.
        var baseline = DriftModels.Baseline(DriftModels.Edges(2_000, 2_000, 0), null);
        var counter = new WindowCounter(Signature, baseline, null);
        var hour = counter.Empty();
        counter.Add(hour, [.. Enumerable.Range(0, 80).SelectMany(row => new ushort[] { (ushort)(row % 3), 0 })], new double[80]);
        var least = PopulationStabilityIndex.Of([2_000, 2_000, 0], [1, 1, 1]).MinRows!.Value;
        var few = DriftModels.Baseline(DriftModels.Edges(300, 300, 0), null);

        var window = LookBack.Choose(Now, null, few, counter.Empty(), Enumerable.Range(0, 100).Select(back => new HourWindow(Now.Plus(-24 - back), hour)));

        Assert.Equal(200, least);
        Assert.Equal(240, 80 * Math.Ceiling(PopulationStabilityIndex.Of([300, 300, 0], []).MinRows!.Value / 80.0));
        Assert.Equal(PopulationStabilityIndex.Of([300, 300, 0], [1, 1, 1]).MinRows, PopulationStabilityIndex.Of([300, 300, 0], window.Counts.Feature(0)).MinRows);
        Assert.InRange(window.Counts.Rows, PopulationStabilityIndex.Of([300, 300, 0], [1, 1, 1]).MinRows!.Value, PopulationStabilityIndex.Of([300, 300, 0], [1, 1, 1]).MinRows!.Value + 79);
    }

    [Fact]
    public void Choose_HoursInRisingOrder_AreRefused() => Assert.Throws<ArgumentException>(() => Choose(null, (-2, 1), (-1, 1)));

    [Fact]
    public void Choose_ReadsNoFartherThanItMust()
    {
        IEnumerable<HourWindow> Hours()
        {
            yield return Hour(0, 200);
            yield return Hour(-24, 1);
            throw new InvalidOperationException("Read too far.");
        }

        Assert.Equal(200, LookBack.Choose(Now, null, Baseline, Counter.Empty(), Hours()).Counts.Rows);
    }

    private static DriftWindow Choose(int? hours, params (int Hour, int Rows)[] rows) =>
        LookBack.Choose(Now, hours, Baseline, Counter.Empty(), rows.Select(one => Hour(one.Hour, one.Rows)));

    private static HourWindow Hour(int hour, int rows)
    {
        var counts = Counter.Empty();
        Counter.Add(counts, [.. Enumerable.Range(0, rows).SelectMany(row => new[] { (ushort)(row % 2), (ushort)(row % 2) })], new double[rows]);
        return new HourWindow(Now.Plus(hour), counts);
    }
}
