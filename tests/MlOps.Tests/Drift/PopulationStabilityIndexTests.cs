using System.Text.Json;
using CsCheck;
using MlOps.Drift;
using Xunit;

namespace MlOps.Tests.Drift;

public sealed class PopulationStabilityIndexTests
{
    private static readonly Gen<long[]> Counts = Gen.Frequency((1, Gen.Const(0L)), (4, Gen.Long[0, 30]), (2, Gen.Long[0, 3_000])).Array[12];

    public static TheoryData<string> Windows() =>
        [.. DriftFixture.Read("psi_expected.json").GetProperty("windows").EnumerateObject().Select(window => window.Name), "churn", "credit"];

    [Theory]
    [MemberData(nameof(Windows))]
    public void Of_RealWindow_IsWhatTheDefinitionSays(string window)
    {
        var all = DriftFixture.Read("psi_expected.json");
        var features = (all.TryGetProperty(window, out var other) ? other : all.GetProperty("windows").GetProperty(window)).GetProperty("features");
        Assert.All(features.EnumerateObject(), feature =>
        {
            var expected = feature.Value;
            var index = PopulationStabilityIndex.Of(Longs(expected, "baseline_counts"), Longs(expected, "window_counts"));

            AssertClose(expected.GetProperty("psi").GetDouble(), index.Value);
            AssertClose(expected.GetProperty("expected_psi").GetDouble(), index.Expected!.Value);
            AssertClose(expected.GetProperty("p_value").GetDouble(), index.PValue!.Value);
            Assert.Equal(expected.GetProperty("bins_used").GetInt32(), index.Bins);
            Assert.Equal(expected.GetProperty("baseline_rows").GetInt64(), index.BaselineRows);
            Assert.Equal(expected.GetProperty("rows").GetInt64(), index.Rows);
            Assert.Equal(Whole(expected.GetProperty("min_rows")), index.MinRows);
            Assert.Equal(expected.GetProperty("status").GetString(), JsonNamingPolicy.SnakeCaseLower.ConvertName(index.Status.ToString()));
        });
    }

    [Fact]
    public void Of_EitherWayRound_IsTheSame() =>
        Gen.Select(Counts, Counts).Where((one, other) => one.Sum() > 0 && other.Sum() > 0).Sample((one, other) =>
        {
            var (there, back) = (PopulationStabilityIndex.Of(one, other), PopulationStabilityIndex.Of(other, one));

            Assert.Equal(there.Value, back.Value, 12);
            Assert.Equal(there.PValue, back.PValue);
            Assert.True(there.Value >= 0);
        });

    [Fact]
    public void Of_BinsEmptyOnBothSides_ChangeNothing() =>
        Gen.Select(Counts, Counts, Gen.Int[0, 12]).Sample((one, other, at) =>
            Assert.Equal(
                PopulationStabilityIndex.Of(one, other),
                PopulationStabilityIndex.Of([.. one[..at], 0, 0, .. one[at..]], [.. other[..at], 0, 0, .. other[at..]])));

    [Fact]
    public void MinRows_IsTheLeastThatIsEnough() =>
        Counts.Where(counts => counts.Sum() > 0).Sample(baseline =>
        {
            var least = PopulationStabilityIndex.Of(baseline, []).MinRows;
            if (least is not { } rows)
            {
                Assert.Equal(DriftStatus.InsufficientData, PopulationStabilityIndex.Of(baseline, Alike(baseline, 100_000_000_000)).Status);
                return;
            }

            Assert.NotEqual(DriftStatus.InsufficientData, PopulationStabilityIndex.Of(baseline, Alike(baseline, rows)).Status);
            Assert.Equal(DriftStatus.InsufficientData, PopulationStabilityIndex.Of(baseline, Alike(baseline, rows - 1)).Status);
            Assert.True(PopulationStabilityIndex.HasMinRows(baseline, Alike(baseline, rows)));
            Assert.False(PopulationStabilityIndex.HasMinRows(baseline, Alike(baseline, rows - 1)));
        });

    [Fact]
    public void Of_EmptyWindow_SaysNothing()
    {
        var index = PopulationStabilityIndex.Of([2_000, 3_000, 10], []);

        Assert.Equal(new PopulationStabilityIndex(0, 3, 5_010, 0, null, null, 200, DriftStatus.InsufficientData), index);
    }

    [Fact]
    public void Of_EmptyBaseline_SaysNothingAndWaitsForNothing()
    {
        var index = PopulationStabilityIndex.Of([0, 0], [500, 0]);

        Assert.Equal(new PopulationStabilityIndex(0, 1, 0, 500, null, null, null, DriftStatus.InsufficientData), index);
        Assert.True(PopulationStabilityIndex.HasMinRows([0, 0], [500, 0]));
    }

    [Theory]
    [InlineData(199, DriftStatus.InsufficientData)]
    [InlineData(200, DriftStatus.Low)]
    public void Of_OneBin_IsAlwaysThere(long rows, DriftStatus status)
    {
        var index = PopulationStabilityIndex.Of([1_000, 0], [rows, 0]);

        Assert.Equal((0, 0, 1, 200, status), (index.Value, index.Expected, index.PValue, index.MinRows, index.Status));
    }

    [Fact]
    public void Of_FewRowsThatCannotBeChance_AreDrift()
    {
        var index = PopulationStabilityIndex.Of([500, 500, 0], [0, 2, 28]);

        Assert.True(index.PValue < 1e-4);
        Assert.Equal(DriftStatus.High, index.Status);
    }

    [Fact]
    public void PValue_WithoutDrift_IsUniform()
    {
        var random = new Random(20_010_101);
        var values = Enumerable.Range(0, 400).Select(_ => PopulationStabilityIndex.Of(Draw(random, 20_000), Draw(random, 2_000)).PValue!.Value).ToList();

        Assert.InRange(values.Count(value => value < 0.05), 8, 36);
        Assert.InRange(values.Count(value => value < 0.5), 160, 240);
    }

    [Fact]
    public void Of_WindowWithABinThatTheBaselineLacks_IsRefused() =>
        Assert.Throws<ArgumentException>(() => PopulationStabilityIndex.Of([1, 2], [1, 2, 1]));

    // Distributed as the baseline, as nearly as whole rows can be.
    private static long[] Alike(long[] baseline, long rows)
    {
        var counts = baseline.Select(count => (long)((Int128)rows * count / baseline.Sum())).ToArray();
        counts[Array.IndexOf(baseline, baseline.Max())] += rows - counts.Sum();
        return counts;
    }

    private static long[] Draw(Random random, int rows)
    {
        var counts = new long[10];
        for (var row = 0; row < rows; row++)
        {
            counts[random.Next(10)]++;
        }

        return counts;
    }

    private static long[] Longs(JsonElement element, string name) => [.. element.GetProperty(name).EnumerateArray().Select(count => count.GetInt64())];

    private static long? Whole(JsonElement element) => element.ValueKind == JsonValueKind.Null ? null : element.GetInt64();

    private static void AssertClose(double expected, double actual) =>
        Assert.True(Math.Abs(actual - expected) <= 1e-9 * Math.Abs(expected), $"{actual:R} instead of {expected:R}");
}
