using System.Text.Json;
using MlOps.Drift;
using MlOps.Models;
using Xunit;

namespace MlOps.Tests.Drift;

public sealed class DriftReportTests
{
    public static TheoryData<string> Columns() => [.. DriftFixture.Read("bin_counts.json").EnumerateArray().Select(column => column.GetProperty("name").GetString()!)];

    [Theory]
    [MemberData(nameof(Columns))]
    public void Of_RealColumn_IsWhatTheDefinitionSays(string name)
    {
        var column = DriftFixture.Read("bin_counts.json").EnumerateArray().Single(one => one.GetProperty("name").GetString() == name);
        var expected = Expected(name);
        var numeric = column.GetProperty("numeric").GetBoolean();
        var rows = Cells(column, "baseline");
        var bins = numeric
            ? FeatureBinning.Freeze(FeatureType.Numeric, [.. rows.Select(value => value.AsNumber ?? double.NaN)])
            : FeatureBinning.Freeze(FeatureType.Categorical, (string?[])[.. rows.Select(value => value.IsNull ? null : value.ToString())]);
        var index = new BinIndex(bins);
        var window = Cells(column, "window").Select(value => value.IsNull ? index.Missing : numeric ? index.Of(value.AsNumber!.Value) : index.OfText(value.ToString())).ToArray();

        var report = Report(DriftModels.Regression, ("x", numeric ? FeatureType.Numeric : FeatureType.Categorical), bins, window);
        var feature = Assert.Single(report.Features);

        Assert.Equal(window.Length, report.Rows);
        AssertClose(expected.GetProperty("psi").GetDouble(), feature.Index.Value);
        AssertClose(expected.GetProperty("p_value").GetDouble(), feature.Index.PValue!.Value);
        AssertClose(expected.GetProperty("expected_psi").GetDouble(), feature.Index.Expected!.Value);
        AssertClose(expected.GetProperty("missing_rate").GetDouble(), feature.MissingRate);
        AssertClose(expected.GetProperty("unseen_rate").GetDouble(), feature.UnseenRate);
        Assert.Equal(expected.GetProperty("status").GetString(), JsonNamingPolicy.SnakeCaseLower.ConvertName(feature.Index.Status.ToString()));
        Assert.Equal(expected.GetProperty("baseline_counts").EnumerateArray().Sum(count => count.GetInt64()), feature.Bins.Sum(bin => bin.Baseline));
        Assert.Equal(window.Length, feature.Bins.Sum(bin => bin.Current));
        Assert.Equal(feature.Bins.Length, feature.Bins.Select(bin => bin.Label).Distinct().Count());
    }

    // Windows over a baseline of 50,000 in each of two bins: PSI rises with how far the shares are from a half.
    [Theory]
    [InlineData(new[] { 0.50, 0.51, 0.52 }, DriftStatus.Low)]
    [InlineData(new[] { 0.50, 0.69, 0.52 }, DriftStatus.Low)]
    [InlineData(new[] { 0.50, 0.50, 0.50, 0.75 }, DriftStatus.Moderate)]
    [InlineData(new[] { 0.66, 0.66, 0.67 }, DriftStatus.Moderate)]
    [InlineData(new[] { 0.75, 0.75, 0.74 }, DriftStatus.High)]
    [InlineData(new[] { 0.50, 0.95 }, DriftStatus.High)]
    public void OverallStatus_IsTheMeansRaisedByAnyThatIsHigh(double[] shares, DriftStatus overall)
    {
        var signature = DriftModels.Signature(DriftModels.Regression, [.. shares.Select((_, index) => ($"f{index}", FeatureType.Numeric))]);
        var baseline = DriftModels.Baseline([.. shares.Select(_ => DriftModels.Edges(50_000, 50_000, 0))]);
        var counter = new WindowCounter(signature, baseline, null);
        var window = counter.Empty();
        for (var row = 0; row < 1_000; row++)
        {
            counter.Add(window, [.. shares.Select(share => (ushort)(row < share * 1_000 ? 0 : 1))], [1.0]);
        }

        var report = DriftReport.Of(signature, baseline, null, window);

        Assert.Equal(overall, report.OverallStatus);
        Assert.Equal(report.Features.Average(feature => feature.Index.Value), report.MeanPsi!.Value, 12);
        Assert.Equal(report.Features.Max(feature => feature.Index.Value), report.MaxPsi);
        Assert.Equal($"f{Array.IndexOf(shares, shares.Max())}", report.WorstFeature);
        Assert.Equal(shares.Length, report.Counts.Low + report.Counts.Moderate + report.Counts.High);
    }

    [Fact]
    public void OverallStatus_LeavesOutFeaturesWithoutEnoughData()
    {
        // The second baseline is so small that no window says anything about it.
        var signature = DriftModels.Signature(DriftModels.Regression, ("sound", FeatureType.Numeric), ("small", FeatureType.Numeric));
        var baseline = DriftModels.Baseline(DriftModels.Edges(5_000, 5_000, 0), DriftModels.Edges(9, 11, 10, 10, 0));
        var counter = new WindowCounter(signature, baseline, null);
        var window = counter.Empty();
        for (var row = 0; row < 400; row++)
        {
            counter.Add(window, [(ushort)(row % 2), (ushort)(row % 4)], [1.0]);
        }

        var report = DriftReport.Of(signature, baseline, null, window);

        Assert.Equal((DriftStatus.Low, "sound", new DriftStatusCounts(1, 0, 0, 1)), (report.OverallStatus, report.WorstFeature, report.Counts));
        Assert.Equal(report.Features[0].Index.Value, report.MeanPsi);
        Assert.Null(report.Features[1].Index.MinRows);
    }

    [Fact]
    public void Of_EmptyWindow_HasInsufficientDataAndNoNumbersThatMeanNothing()
    {
        var report = Report(DriftModels.Regression, ("x", FeatureType.Numeric), DriftModels.Edges(5_000, 5_000, 3), []);

        Assert.Equal(DriftStatus.InsufficientData, report.OverallStatus);
        Assert.Equal((null, null, null), (report.MeanPsi, report.MaxPsi, report.WorstFeature));
        Assert.Equal((0.0, null, 0.0, 0.0), (report.Features[0].Index.Value, report.Features[0].Index.PValue, report.Features[0].MissingRate, report.Features[0].UnseenRate));
    }

    [Fact]
    public void Of_ModelWithoutBaseline_SaysSoAndStillShowsPredictions()
    {
        var signature = DriftModels.Signature(DriftModels.Regression, ("x", FeatureType.Numeric));
        var counter = new WindowCounter(signature, null, null);
        var window = counter.Empty();
        counter.Add(window, [], [.. Enumerable.Range(0, 1_500).Select(row => (double)row)]);

        var before = DriftReport.Of(signature, null, null, window);
        var after = DriftReport.Of(signature, null, FirstAnswers.Freeze(DriftModels.Regression, window.Predictions), window);

        Assert.Equal(DriftStatus.NoBaseline, before.OverallStatus);
        Assert.Empty(before.Features);
        Assert.Equal(("first_answers", DriftStatus.InsufficientData, 1_500, true), (before.Prediction.Baseline, before.Prediction.Index.Status, before.Prediction.Index.Rows, before.Prediction.Bins.IsEmpty));
        Assert.Equal(("first_answers", DriftStatus.Low, 0.0), (after.Prediction.Baseline, after.Prediction.Index.Status, after.Prediction.Index.Value));
    }

    [Fact]
    public void Prediction_Classifier_IsComparedWithTheTrainingLabels()
    {
        var output = DriftModels.Classifier("no", "yes", "maybe");
        var signature = DriftModels.Signature(output, ("x", FeatureType.Numeric));
        string?[] labels = [.. Enumerable.Repeat("yes", 600), .. Enumerable.Repeat("no", 400)];
        var baseline = DriftModels.Baseline(DriftModels.Edges(500, 500, 0)) with
        {
            Prediction = new PredictionBins("training_labels", 1_000, FeatureBinning.Freeze(FeatureType.Categorical, labels), null, null),
        };
        var counter = new WindowCounter(signature, baseline, null);
        var window = counter.Empty();
        counter.Add(window, new ushort[500], [.. Enumerable.Repeat(0, 300), .. Enumerable.Repeat(1, 150), .. Enumerable.Repeat(2, 50)]);

        var prediction = DriftReport.Of(signature, baseline, null, window).Prediction;

        Assert.Equal("training_labels", prediction.Baseline);
        Assert.Equal(
            [new BinCount("yes", 600, 150), new BinCount("no", 400, 300), new BinCount("missing", 0, 0), new BinCount("unseen", 0, 50)], prediction.Bins);
        Assert.Equal(PopulationStabilityIndex.Of([600, 400, 0], [150, 300, 50]), prediction.Index);
    }

    [Fact]
    public void Labels_OfIntervals_SayWhichSideIsIn() =>
        Assert.Equal(["≤ 1", "(1, 2]", "> 2", "missing"], Labels(DriftModels.Edges(1, 1, 1, 1), FeatureType.Numeric));

    [Fact]
    public void Labels_OfValues_AreTheValuesQuotedWhereTheyAreOurWords()
    {
        var bins = FeatureBinning.Freeze(FeatureType.Categorical, (string?[])["a", "a", "a", "missing", "missing", "", "other"]);

        Assert.Equal(["a", "\"missing\"", "\"\"", "\"other\"", "missing", "unseen"], Labels(bins, FeatureType.Categorical));
    }

    [Fact]
    public void Labels_OfManyValues_EndInOther()
    {
        var bins = FeatureBinning.Freeze(FeatureType.Categorical, (string?[])[.. Enumerable.Range(0, 60).Select(value => $"v{value}")]);

        Assert.Equal("other", Labels(bins, FeatureType.Categorical)[^1]);
    }

    [Fact]
    public void Labels_OfFreeText_AreLengths()
    {
        var bins = FeatureBinning.Freeze(FeatureType.Text, (string?[])["abc", "xyz", "longer"]);
        var report = Report(DriftModels.Regression, ("note", FeatureType.Text), bins, [0, 0, 3 | BinIndex.Unseen]);

        Assert.Equal(["length 3", "length 6", "missing", "length unseen"], report.Features[0].Bins.Select(bin => bin.Label));
        Assert.Equal(0, report.Features[0].UnseenRate);
    }

    [Fact]
    public void Labels_AroundZeroOfTheGrid_AreReadable()
    {
        var bins = PredictionGrid.Freeze(new Dictionary<int, long> { [PredictionGrid.Cell(-1)] = 1, [0] = 5, [PredictionGrid.Cell(2)] = 1 });

        Assert.Equal(["≤ -1.0000152587890625", "(-1.0000152587890625, -1]", "(-1, 0)", "[0, 0]", "(0, 1.9999847412109375]", "(1.9999847412109375, 2]", "> 2", "missing"], Labels(bins, FeatureType.Numeric));
    }

    private static string[] Labels(FeatureBins bins, FeatureType type) => [.. Report(DriftModels.Regression, ("x", type), bins, []).Features[0].Bins.Select(bin => bin.Label)];

    private static DriftReport Report(OutputSpec output, (string, FeatureType) feature, FeatureBins bins, ushort[] values)
    {
        var signature = DriftModels.Signature(output, feature);
        var baseline = DriftModels.Baseline(bins);
        var counter = new WindowCounter(signature, baseline, null);
        var window = counter.Empty();
        counter.Add(window, values, new double[values.Length]);
        return DriftReport.Of(signature, baseline, null, window);
    }

    private static JsonElement Expected(string column)
    {
        var all = DriftFixture.Read("psi_expected.json");
        var (set, name) = (column.Split(' ')[0], column.Split(' ')[1]);
        return (set == "flights" ? all.GetProperty("windows").GetProperty("2001-02.csv") : all.GetProperty(set)).GetProperty("features").GetProperty(name);
    }

    private static List<Scalar> Cells(JsonElement column, string name) =>
        [.. DriftFixture.Values(column, name).SelectMany(one => Enumerable.Repeat(one.Value, one.Count))];

    private static void AssertClose(double expected, double actual) =>
        Assert.True(Math.Abs(actual - expected) <= 1e-9 * Math.Abs(expected), $"{actual:R} instead of {expected:R}");
}
