using CsCheck;
using MlOps.Metrics;
using MlOps.Models;
using MlOps.Tests.Drift;
using Xunit;

namespace MlOps.Tests.Metrics;

public sealed class AccuracyCountsTests
{
    private static readonly Gen<double> Number = Gen.Frequency((6, Gen.Double[-1_000, 1_000]), (1, Gen.Double[-1e18, 1e18]));

    [Fact]
    public void Regression_EqualsWhatTwoPassesCompute() =>
        Gen.Select(Gen.Double[900, 1_100], Gen.Double[900, 1_100]).Array[2, 200].Sample(rows =>
        {
            var counts = rows.Aggregate(default(AccuracyCounts), (sum, row) => sum + AccuracyCounts.Of(Target.OfNumber(row.Item1), Target.OfNumber(row.Item2)));
            var mean = rows.Average(row => row.Item2);
            var spread = rows.Sum(row => (row.Item2 - mean) * (row.Item2 - mean));

            Assert.Equal(rows.Average(row => Math.Abs(row.Item1 - row.Item2)), counts.MeanAbsoluteError!.Value, 1e-9);
            Assert.Equal(1 - (rows.Sum(row => (row.Item1 - row.Item2) * (row.Item1 - row.Item2)) / spread), counts.RSquared!.Value, 1e-6);
        });

    [Fact]
    public void RSquared_LargeActualsThatHardlyVary_DoesNotCancel()
    {
        double[] actuals = [1e15 + 1, 1e15 + 2, 1e15 + 3, 1e15 + 4];
        var counts = actuals.Aggregate(default(AccuracyCounts), (sum, actual) => sum + AccuracyCounts.Of(Target.OfNumber(actual + 1), Target.OfNumber(actual)));

        // Errors of 1, a variance of 1.25.
        Assert.Equal(1 - (4 / 5.0), counts.RSquared!.Value, 12);
    }

    [Fact]
    public void RSquared_EqualActuals_IsNull()
    {
        var counts = AccuracyCounts.Of(Target.OfNumber(1), Target.OfNumber(0.1)) + AccuracyCounts.Of(Target.OfNumber(2), Target.OfNumber(0.1));

        Assert.Null(counts.RSquared);
        Assert.Null(default(AccuracyCounts).MeanAbsoluteError);
    }

    // Every row's first outcome, then corrections in any order: each window stays what a recount of the outcomes that won says.
    [Fact]
    public void Corrections_OfARegression_EqualARecount() => CheckCorrections(Number.Select(Target.OfNumber));

    [Fact]
    public void Corrections_OfAClassifier_EqualARecount() => CheckCorrections(Gen.Int[0, 3].Select(Target.OfClass));

    [Fact]
    public void Of_ClassAndNumber_AreNotCompared() => Assert.Throws<ArgumentException>(() => AccuracyCounts.Of(Target.OfClass(1), Target.OfNumber(1)));

    [Fact]
    public void Read_WhatWasWritten_IsTheSame() =>
        Gen.Select(Number, Number).Array[0, 20].Sample(rows =>
        {
            var counts = rows.Aggregate(default(AccuracyCounts), (sum, row) => sum + AccuracyCounts.Of(Target.OfNumber(row.Item1), Target.OfNumber(row.Item2)));

            Assert.Equal(counts, AccuracyCounts.Read(counts.ToBytes()));
            Assert.Equal(-counts, AccuracyCounts.Read((-counts).ToBytes()));
        });

    [Fact]
    public void ToBytes_LargestAndSmallestNumbersTogether_AreBounded()
    {
        double[] actuals = [double.MaxValue, double.MinValue, double.Epsilon, 3e-310, 1, 0];
        var counts = actuals.Aggregate(default(AccuracyCounts), (sum, actual) => sum + AccuracyCounts.Of(Target.OfNumber(0.1), Target.OfNumber(actual)));

        Assert.InRange(counts.ToBytes().Length, 1_000, 2_500);
        Assert.Equal(counts, AccuracyCounts.Read(counts.ToBytes()));
    }

    [Fact]
    public void Read_DamagedBytes_AreRefusedOrCountsButNothingElse()
    {
        var bytes = AccuracyCounts.Of(Target.OfNumber(1.5), Target.OfNumber(-2.25)).ToBytes();
        for (var at = 0; at < bytes.Length; at++)
        {
            Assert.Throws<InvalidDataException>(() => AccuracyCounts.Read(bytes.AsSpan(0, at)));
            for (var bit = 0; bit < 8; bit++)
            {
                var damaged = bytes.ToArray();
                damaged[at] ^= (byte)(1 << bit);
                if (Record.Exception(() => AccuracyCounts.Read(damaged)) is { } exception)
                {
                    Assert.IsType<InvalidDataException>(exception);
                }
            }
        }
    }

    [Theory]
    [InlineData("yes", 1)]
    [InlineData("1", 1)]
    [InlineData("TRUE", 1)]
    [InlineData("0.0", 0)]
    [InlineData("maybe", -1)]
    [InlineData("", -1)]
    public void TargetReader_Classifier_FindsClassesAsRegistrationDoes(string actual, int expected)
    {
        var output = DriftModels.Classifier("no", "yes") with { GraphLabels = ["0", "1"] };
        var target = new TargetReader(output).Read(Scalar.Of(actual), out var fault);

        Assert.Equal(expected, target?.Class ?? -1);
        Assert.Equal(expected < 0, fault?.Contains("no, yes", StringComparison.Ordinal) == true);
    }

    [Fact]
    public void TargetReader_Regression_TakesFiniteNumbersAlone()
    {
        var reader = new TargetReader(DriftModels.Regression);

        Assert.Equal(Target.OfNumber(3), reader.Read(Scalar.Of(3L), out _));
        Assert.Equal(Target.OfNumber(2.5), reader.Read(Scalar.Of(2.5), out _));
        Assert.All([Scalar.Null, Scalar.Of("3"), Scalar.Of(true), Scalar.Of(double.PositiveInfinity)], actual =>
        {
            Assert.Null(reader.Read(actual, out var fault));
            Assert.NotNull(fault);
        });
    }

    private static void CheckCorrections(Gen<Target> target)
    {
        var start = new DateTimeOffset(2026, 2, 28, 12, 0, 0, TimeSpan.Zero);
        var feedback = Gen.Select(Gen.Int[0, 4], target, Gen.Int[0, 5]).List[0, 40];
        Gen.Select(target.Array[5], feedback).Sample((predictions, sent) =>
        {
            var known = new Outcome?[predictions.Length];
            var (answered, arrived) = (new Dictionary<UtcMinute, AccuracyCounts>(), new Dictionary<UtcMinute, AccuracyCounts>());
            for (var item = 0; item < sent.Count; item++)
            {
                var (row, actual, observed) = sent[item];
                var outcome = new Outcome(actual, start.AddHours(observed), start.AddSeconds(25 * item));
                if (!outcome.Replaces(known[row]))
                {
                    continue;
                }

                var correction = OutcomeCorrection.Of(Minute(row), predictions[row], known[row], outcome);
                Apply(answered, correction.Answered);
                Apply(arrived, correction.Withdrawn);
                Apply(arrived, correction.Arrived);
                known[row] = outcome;
            }

            // What wins is the latest observation, of equals the last one sent.
            var won = sent.Select((one, index) => (one, index)).GroupBy(one => one.one.Item1).Select(group => group.OrderBy(one => one.one.Item3).ThenBy(one => one.index).Last()).ToList();
            AssertWindows(won.Select(one => (Minute(one.one.Item1), AccuracyCounts.Of(predictions[one.one.Item1], one.one.Item2))), answered);
            AssertWindows(won.Select(one => (UtcMinute.Of(start.AddSeconds(25 * one.index)), AccuracyCounts.Of(predictions[one.one.Item1], one.one.Item2))), arrived);
        });

        UtcMinute Minute(int row) => UtcMinute.Of(start).Plus(-row / 2);
    }

    private static void Apply(Dictionary<UtcMinute, AccuracyCounts> windows, AccuracyChange? change)
    {
        if (change is { } made)
        {
            windows[made.Minute] = windows.GetValueOrDefault(made.Minute) + made.Counts;
        }
    }

    private static void AssertWindows(IEnumerable<(UtcMinute Minute, AccuracyCounts Counts)> expected, Dictionary<UtcMinute, AccuracyCounts> windows)
    {
        var recounted = expected.GroupBy(one => one.Minute).ToDictionary(group => group.Key, group => group.Aggregate(default(AccuracyCounts), (sum, one) => sum + one.Counts));
        Assert.All(windows, window => Assert.Equal(recounted.GetValueOrDefault(window.Key), window.Value));
        Assert.Equal(recounted.Count, windows.Count(window => !window.Value.IsZero));
    }
}
