using CsCheck;
using Microsoft.Extensions.Time.Testing;
using MlOps.InferenceLogs;
using Xunit;

namespace MlOps.Tests.InferenceLogs;

public sealed class LogRangeTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_000);

    // Around a few milliseconds: on them, and up to a tick beside them.
    private static readonly Gen<DateTimeOffset> Bound = Gen.Select(Gen.Int[0, 4], Gen.OneOf(-1, 0, 1, 10, 5_000, 9_999), (ms, ticks) => Start.AddMilliseconds(ms).AddTicks(ticks));

    [Fact]
    public void Of_BoundsOfAnyPrecision_HoldsTheRowsStrictlyBetweenAndKept() =>
        Gen.Select(Bound, Bound, Bound, Gen.Bool.Array[3], Gen.Int[0, 5]).Sample((since, until, horizon, given, ms) =>
        {
            var row = Start.AddMilliseconds(ms);
            var range = LogRange.Of(given[0] ? since : null, given[1] ? until : null, given[2] ? horizon : null);

            var expected = (!given[0] || row > since) && (!given[1] || row < until) && (!given[2] || row >= horizon);
            Assert.Equal(expected, row.ToUnixTimeMilliseconds() >= range.From && row.ToUnixTimeMilliseconds() < range.To);
        });

    [Fact]
    public void Ids_OfTheRange_LieBetweenItsFirstAndItsEnd()
    {
        var time = new FakeTimeProvider(Start);
        var range = LogRange.Of(Start, Start.AddMilliseconds(3), null);
        var ids = new InferenceIds(time);
        for (var ms = 0; ms < 5; ms++)
        {
            var id = ids.Take(2)[1];
            var inside = Order(id, range.First) >= 0 && Order(id, range.End!.Value) < 0;

            Assert.Equal(ms is 1 or 2, inside);
            time.Advance(TimeSpan.FromMilliseconds(1));
        }
    }

    [Fact]
    public void Of_TimesBeyondIds_AreEverythingOrNothing()
    {
        Assert.Equal((0, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() + 1), (LogRange.Of(DateTimeOffset.MinValue, DateTimeOffset.MaxValue, null).From, LogRange.Of(null, DateTimeOffset.MaxValue, null).To));
        Assert.Equal(LogRange.All, LogRange.Of(null, null, null));
        Assert.Null(LogRange.All.End);
        Assert.Equal(Guid.Empty, LogRange.All.First);
        Assert.True(LogRange.Of(null, DateTimeOffset.MinValue, null).IsEmpty);
        Assert.True(LogRange.Of(Start, Start, null).IsEmpty);
    }

    private static int Order(Guid left, Guid right) => string.CompareOrdinal(left.ToString(), right.ToString());
}
