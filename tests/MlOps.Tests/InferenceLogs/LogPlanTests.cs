using CsCheck;
using MlOps.InferenceLogs;
using Xunit;

namespace MlOps.Tests.InferenceLogs;

/// <summary>Pages found by counts against pages cut from the sorted list of all rows.</summary>
public sealed class LogPlanTests
{
    private static readonly long Start = new DateTimeOffset(2026, 2, 28, 10, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    // Milliseconds after the start: crowded at the ends of seconds, minutes and hours, and anywhere within some hours.
    private static readonly Gen<long> Time = Gen.Frequency(
        (4, Gen.Select(Gen.OneOf(0L, 1_000L, 59_000L, 60_000L, 3_599_000L, 3_600_000L, 7_200_000L), Gen.Int[-3, 3], (edge, beside) => edge + beside)),
        (3, Gen.Select(Gen.Long[0, 3], Gen.Int[0, 999], (second, ms) => 3_600_000 + (second * 1_000) + ms)),
        (2, Gen.Long[0, 4 * 3_600_000]));

    private static readonly Gen<DateTimeOffset?> Bound = Gen.Frequency(
        (2, Gen.Const((DateTimeOffset?)null)),
        (5, Gen.Select(Time, Gen.OneOf(0, 0, 1, -1, 10, 4_321), (ms, ticks) => (DateTimeOffset?)DateTimeOffset.FromUnixTimeMilliseconds(Start + ms).AddTicks(ticks))));

    [Fact]
    public void Make_AnyPage_IsTheOneOfTheSortedRows() =>
        Gen.Select(Gen.Select(Time, Gen.Int[1, 3]).Array[0, 60], Bound, Bound, Gen.Int[0, 80], Gen.Bool).Sample(
            (requests, since, until, offset, oldestFirst) =>
            {
                // Rows of a batch share their request's time; the number tells them apart, as the counter of an id does.
                var rows = requests.Order().SelectMany(request => Enumerable.Repeat(Start + request.Item1, request.Item2)).Select((ms, number) => (Ms: ms, Number: number)).ToList();
                var order = oldestFirst ? LogOrder.OldestFirst : LogOrder.NewestFirst;
                var log = new Log(rows.Select(row => row.Ms));

                var plan = Make(log, LogRange.Of(since, until, null), order, offset);

                var matching = rows.Where(row => (since is null || Of(row.Ms) > since) && (until is null || Of(row.Ms) < until)).ToList();
                if (order == LogOrder.NewestFirst)
                {
                    matching.Reverse();
                }

                Assert.Equal(matching.Count, plan.Total);
                Assert.Equal(matching.Skip(offset).Take(7), Page(rows, plan.Scan, 7));
                Assert.Equal(offset >= matching.Count, plan.Scan is null);
                Assert.True(log.Counted <= 1_000, "More than half a second was counted at both ends.");
                Assert.True(log.MinutesRead <= 3);
                if (plan.Scan is { } scan)
                {
                    Assert.True(scan.Skip < rows.Count(row => row.Ms / 1_000 == First(scan) / 1_000), "More rows are passed over than the first second has.");
                }
            },
            iter: 2_000);

    [Fact]
    public void Make_WholeSeconds_CountsAlmostNothingByRow()
    {
        var log = new Log(Enumerable.Range(0, 20_000).Select(row => Start + row));

        var plan = Make(log, LogRange.Of(Of(Start + 3_000), Of(Start + 9_000), null), LogOrder.NewestFirst, 5_000);

        // Strictly after a whole second is without its first millisecond: that alone is counted.
        Assert.Equal((5_999, 1), (plan.Total, log.Counted));
        Assert.Equal(new LogScan(new LogRange(Start + 3_001, Start + 4_000), LogOrder.NewestFirst, 0), plan.Scan);
    }

    [Fact]
    public void Make_CountsThatDisagree_AreAnErrorAndNoPage()
    {
        var log = new Log([Start, Start + 1]) { ExtraRowsInHour = 5 };

        Assert.Throws<InvalidDataException>(() => { Make(log, LogRange.All, LogOrder.NewestFirst, 4); });
    }

    [Fact]
    public void SecondCounts_ReadBackAndAddUp()
    {
        var (one, other) = (new SecondCounts(), new SecondCounts());
        one.Add(0, 3);
        one.Add(59, 70_000);
        other.Add(59, 5);
        other.Add(SecondCounts.Read(one.ToBytes()));

        Assert.Equal((70_008, 3, 70_005, 0), (other.Total, other[0], other[59], other[30]));
        Assert.Throws<ArgumentOutOfRangeException>(() => one.Add(60, 1));
        Assert.Throws<InvalidDataException>(() => SecondCounts.Read([1, 61, 0, 60, 1]));
        Assert.Throws<InvalidDataException>(() => SecondCounts.Read([1]));
    }

    private static LogPlan Make(Log log, LogRange range, LogOrder order, long offset) =>
        LogPlan.Make(log, range, order, offset, TestContext.Current.CancellationToken).AsTask().GetAwaiter().GetResult();

    private static IEnumerable<(long, int)> Page(List<(long Ms, int Number)> rows, LogScan? scan, int limit)
    {
        if (scan is not { } found)
        {
            return [];
        }

        var walked = rows.Where(row => row.Ms >= found.Range.From && row.Ms < found.Range.To);
        return (found.Order == LogOrder.OldestFirst ? walked : walked.Reverse()).Skip((int)found.Skip).Take(limit);
    }

    private static long First(LogScan scan) => scan.Order == LogOrder.OldestFirst ? scan.Range.From : scan.Range.To - 1;

    private static DateTimeOffset Of(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);

    /// <summary>The counts of a list of rows, kept by two journals.</summary>
    private sealed class Log(IEnumerable<long> milliseconds) : ILogCounts
    {
        private readonly List<long> rows = [.. milliseconds];

        /// <summary>Milliseconds that were counted row by row.</summary>
        public long Counted { get; private set; }

        public int MinutesRead { get; private set; }

        public int ExtraRowsInHour { get; init; }

        public ValueTask<IReadOnlyList<HourRows>> Hours(UtcHour first, UtcHour last, CancellationToken cancellation) =>
            ValueTask.FromResult<IReadOnlyList<HourRows>>(
            [
                .. rows.Select((ms, row) => (Hour: ms / 3_600_000, Journal: row % 2)).Where(one => one.Hour >= first.Number && one.Hour <= last.Number)
                    .CountBy(one => one).Select(one => new HourRows(new UtcHour(one.Key.Hour), one.Value + ExtraRowsInHour)),
            ]);

        public ValueTask<IReadOnlyList<MinuteRows>> Minutes(UtcHour hour, CancellationToken cancellation)
        {
            MinutesRead++;
            var minutes = new List<MinuteRows>();
            foreach (var minute in rows.Select((ms, row) => (Ms: ms, Journal: row % 2)).Where(one => one.Ms / 3_600_000 == hour.Number).GroupBy(one => (one.Ms / 60_000, one.Journal)))
            {
                var seconds = new SecondCounts();
                foreach (var (ms, _) in minute)
                {
                    seconds.Add((int)(ms / 1_000 % 60), 1);
                }

                minutes.Add(new MinuteRows(new UtcMinute(minute.Key.Item1), seconds));
            }

            return ValueTask.FromResult<IReadOnlyList<MinuteRows>>(minutes);
        }

        public ValueTask<long> CountRows(LogRange range, CancellationToken cancellation)
        {
            Counted += range.To - range.From;
            return ValueTask.FromResult((long)rows.Count(ms => ms >= range.From && ms < range.To));
        }
    }
}
