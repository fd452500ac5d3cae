using CsCheck;
using MlOps.Drift;
using Xunit;

namespace MlOps.Tests.Drift;

public sealed class DriftRunTests
{
    private static readonly DateTimeOffset Day = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    // Around a day, to the tick, in any time zone.
    private static readonly Gen<DateTimeOffset> Times = Gen.Select(
        Gen.Long[-30 * TimeSpan.TicksPerMillisecond, 30 * TimeSpan.TicksPerMillisecond], Gen.Int[-14, 14], (ticks, zone) => Day.AddTicks(ticks).ToOffset(TimeSpan.FromHours(zone)));

    [Fact]
    public void Read_WhatWasWritten_IsTheSame() =>
        Gen.Select(Times, Times).Sample((since, until) =>
        {
            var run = new DriftRun(since, until);

            Assert.Equal(run, DriftRun.Read(run.ToJson()));
        });

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"since": "2026-03-01T00:00:00Z"}""")]
    [InlineData("""{"since": "yesterday", "until": "2026-03-01T00:00:00Z"}""")]
    [InlineData("""{"since": 1, "until": 2}""")]
    public void Read_WhatIsNoRequest_IsRefused(string? json) => Assert.Throws<InvalidDataException>(() => DriftRun.Read(json));

    [Fact]
    public void Range_HasTheRowsFromSinceOnUntilBeforeUntil() =>
        Gen.Select(Times, Times, Gen.Int[-40, 40]).Sample((since, until, after) =>
        {
            var (row, range) = (Day.AddMilliseconds(after), new DriftRun(since, until).Range);
            var milliseconds = row.ToUnixTimeMilliseconds();

            Assert.Equal(since <= row && row < until, range.From <= milliseconds && milliseconds < range.To);
        });

    [Fact]
    public void From_AHorizon_CountsWhatIsLeft_AndSaysSo() =>
        Gen.Select(Times, Times, Times, Gen.Int[-40, 40]).Sample((one, other, horizon, after) =>
        {
            var (since, until) = one <= other ? (one, other) : (other, one);
            var (row, left) = (Day.AddMilliseconds(after), new DriftRun(since, until).From(horizon));
            var milliseconds = row.ToUnixTimeMilliseconds();

            Assert.Equal(since <= row && row < until && row >= horizon, left.Range.From <= milliseconds && milliseconds < left.Range.To);
            Assert.Equal(until, left.Until);
            Assert.True(left.Since >= since && left.Since <= until && (left.Since >= horizon || left.Since == until));
            Assert.True(horizon > since || left == new DriftRun(since, until));
        });
}
