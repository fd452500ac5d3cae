using System.Text;
using System.Text.Json;
using MlOps.Drift;
using MlOps.Models;
using Xunit;

namespace MlOps.Tests.Drift;

/// <summary>Real columns with the bins and counts that the definition in Python gives for them.</summary>
public sealed class BinCountTests
{
    public static TheoryData<string> Columns() => [.. Cases().Select(column => column.GetProperty("name").GetString()!)];

    [Theory]
    [MemberData(nameof(Columns))]
    public void Freeze_RealColumn_HasTheDefinitionsBinsAndCounts(string name)
    {
        var column = Cases().Single(one => one.GetProperty("name").GetString() == name);
        var bins = Freeze(column);

        if (column.TryGetProperty("edges", out var edges))
        {
            Assert.Equal(edges.EnumerateArray().Select(edge => edge.GetDouble()), bins.Edges);
        }
        else
        {
            Assert.Equal(column.GetProperty("values").EnumerateArray().Select(value => Name(column, value.GetString()!)), bins.Values.Select(value => value.ToString()));
            Assert.Equal(column.GetProperty("other").GetBoolean(), bins.HasOther);
        }

        Assert.Equal(Counts(column, "baseline_counts", bins), bins.Counts);
    }

    [Theory]
    [MemberData(nameof(Columns))]
    public void Index_RealWindow_CountsAsTheDefinitionDoes(string name)
    {
        var column = Cases().Single(one => one.GetProperty("name").GetString() == name);
        var bins = Freeze(column);
        var index = new BinIndex(bins);
        var counts = new long[bins.Counts.Length];
        var (rows, unseen) = (0L, 0L);
        foreach (var (value, count) in DriftFixture.Values(column, "window"))
        {
            var bin = value.IsNull ? index.Missing : column.GetProperty("numeric").GetBoolean() ? index.Of(value.AsNumber!.Value) : index.Of(Encoding.UTF8.GetBytes(value.ToString()));
            counts[bin & ~BinIndex.Unseen] += count;
            unseen += (bin & BinIndex.Unseen) != 0 ? count : 0;
            rows += count;
        }

        Assert.Equal(Counts(column, "window_counts", bins), counts);
        Assert.Equal(column.GetProperty("unseen_rate").GetDouble(), unseen / (double)rows, 12);
    }

    private static FeatureBins Freeze(JsonElement column)
    {
        var rows = DriftFixture.Values(column, "baseline").SelectMany(one => Enumerable.Repeat(one.Value, one.Count)).ToList();
        return column.GetProperty("numeric").GetBoolean()
            ? FeatureBinning.Freeze(FeatureType.Numeric, rows.Select(value => value.AsNumber ?? double.NaN).ToArray())
            : FeatureBinning.Freeze(FeatureType.Categorical, rows.Select(value => value.IsNull ? null : value.ToString()).ToArray());
    }

    // The definition has an empty place for unseen values beside edges too, and writes whole numbers with a fraction.
    private static IEnumerable<long> Counts(JsonElement column, string name, FeatureBins bins) =>
        column.GetProperty(name).EnumerateArray().Select(count => count.GetInt64()).Take(bins.Counts.Length);

    private static string Name(JsonElement column, string value) =>
        column.GetProperty("numeric").GetBoolean() && value.EndsWith(".0", StringComparison.Ordinal) ? value[..^2] : value;

    private static List<JsonElement> Cases() => [.. DriftFixture.Read("bin_counts.json").EnumerateArray()];
}
