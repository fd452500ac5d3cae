using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using CsCheck;
using MlOps.Deployments;
using MlOps.Drift;
using MlOps.InferenceLogs;
using MlOps.Models;
using MlOps.Predictions;
using MlOps.Projects;
using Xunit;

namespace MlOps.Tests.Drift;

/// <summary>What the rows of the log say when they are counted again is what their commits have counted.</summary>
public sealed class DriftRecountTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_790_000_000);
    private static readonly LoggedDeployment Logged = new(DeploymentId.New(Now), ProjectId.New(Now), ModelId.New(Now), true);
    private static readonly string[] Classes = ["no", "yes", "maybe"];

    private static readonly FeatureBins[] Bins = [DriftModels.Edges(400, 500, 100, 3), FeatureBinning.Freeze(FeatureType.Categorical, (string?[])["a", "b", "a", null])];
    private static readonly PredictionBins Reference = new("reference", 100, FeatureBinning.Freeze(FeatureType.Numeric, [.. Enumerable.Range(0, 100).Select(row => row - 50.0)]), null, null);

    // Bins of two features, and a prediction: a value, or the number of a class.
    private static readonly Gen<(ushort, ushort, double)> Row = Gen.Select(
        Gen.UShort[0, 3], Gen.OneOf<ushort>(0, 1, 2, 3 | BinIndex.Unseen), Gen.OneOf(Gen.Double[-60, 60], Gen.Int[-3, 3].Select(whole => (double)whole)));

    private static readonly Gen<(int Hours, (ushort, ushort, double)[] Rows)> Request = Gen.Select(Gen.Int[0, 2], Row.Array[1, 5]);

    [Fact]
    public void Regression_EqualsTheWindows() =>
        Gen.Select(Request.Array[0, 20], Gen.Int[0, 20], Gen.Int[0, 25], Gen.Bool).Sample((requests, given, frozen, reference) =>
            Compare(DriftModels.Regression, requests, given, frozen, reference ? Reference : null));

    [Fact]
    public void Classifier_EqualsTheWindows() =>
        Gen.Select(Request.Array[0, 20], Gen.Int[0, 20], Gen.Int[0, 25]).Sample((requests, given, frozen) => Compare(DriftModels.Classifier(Classes), requests, given, frozen, null));

    [Fact]
    public void RowOfAnotherModel_IsLeftOut()
    {
        var signature = DriftModels.Signature(DriftModels.Classifier(Classes), ("x", FeatureType.Numeric));
        var recount = new DriftRecount(signature, DriftModels.Baseline(Bins[0]), null);

        Assert.True(recount.Add(Of([2], "yes")));
        Assert.False(recount.Add(Of([2], "perhaps")));
        Assert.False(recount.Add(Of([2], null)));
        Assert.False(recount.Add(Of([9], "yes")));
        Assert.False(recount.Add(Of([1, 1], "yes")));
        Assert.Equal(1, recount.Report().Rows);

        static BinnedRow Of(ushort[] bins, string? label) => new(Guid.Empty, MemoryMarshal.AsBytes<ushort>(bins).ToArray(), label, null);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(double.NaN, false)]
    [InlineData(double.PositiveInfinity, false)]
    [InlineData(-0.0, true)]
    public void PredictionThatIsNoNumber_IsLeftOut(double? value, bool counts)
    {
        var recount = new DriftRecount(DriftModels.Signature(DriftModels.Regression, ("x", FeatureType.Numeric)), null, null);

        Assert.Equal(counts, recount.Add(new BinnedRow(Guid.Empty, default, null, value)));
        Assert.Equal(counts ? 1 : 0, recount.Report().Rows);
    }

    /// <param name="given">From this request on the model has a baseline.</param>
    /// <param name="frozen">From this commit on the first answers are frozen, or heard of.</param>
    private static void Compare(OutputSpec output, (int Hours, (ushort, ushort, double)[] Rows)[] requests, int given, int frozen, PredictionBins? reference)
    {
        var signature = DriftModels.Signature(output, ("number", FeatureType.Numeric), ("text", FeatureType.Categorical));
        var baseline = DriftModels.Baseline(Bins) with { Prediction = reference };
        var first = FirstAnswers.Bins(output, Counted(output, requests.SelectMany(request => request.Rows)));
        var sum = new WindowCounts(2);
        var logged = new List<LogRow>();
        var hour = 0;
        for (var at = 0; at < requests.Length; at++)
        {
            hour += requests[at].Hours;
            var builder = new CommitBuilder(new HashSet<long>());
            builder.Add(Frame(output, requests[at].Rows, hour, binned: at >= given), new JournalPosition(1, at), new(Logged, signature, at >= given ? baseline : null, at >= frozen ? first : null));
            Assert.Empty(builder.Uncounted);
            logged.AddRange(builder.Rows);
            foreach (var window in builder.Build(Guid.Empty, default, default, []).Drift.Values)
            {
                sum.Add(window);
            }
        }

        var (has, answers) = (requests.Length > given ? baseline : null, requests.Length > frozen ? first : null);
        var recount = new DriftRecount(signature, has, answers);
        Assert.All(logged, row => Assert.True(recount.Add(new BinnedRow(row.Id, row.Bins, row.Label, row.Value))));

        Assert.Equal(Text(DriftReport.Of(signature, has, answers, sum)), Text(recount.Report()));
    }

    private static PredictionCounts Counted(OutputSpec output, IEnumerable<(ushort, ushort, double)> rows)
    {
        var counts = new PredictionCounts();
        var counter = new PredictionCounter(output, null);
        foreach (var (_, _, value) in rows)
        {
            if (output.Task == ModelTask.Regression)
            {
                counter.Add(counts, [value]);
            }
            else
            {
                counter.Add(counts, [Class(value)]);
            }
        }

        return counts;
    }

    private static AnsweredFrame Frame(OutputSpec output, (ushort, ushort, double)[] rows, int hour, bool binned)
    {
        var isRegression = output.Task == ModelTask.Regression;
        return new(
            Logged.Project,
            Logged.Id,
            Logged.Model,
            RouteReason.Direct,
            5,
            rows.Length,
            InferenceIdRange.Of(Now.AddHours(hour).ToUnixTimeMilliseconds() << InferenceIdRange.CounterBits, 7),
            isRegression ? [] : Classes,
            isRegression ? [] : [.. rows.Select(row => Class(row.Item3))],
            isRegression ? [.. rows.Select(row => row.Item3)] : [],
            [],
            binned ? 2 : 0,
            binned ? MemoryMarshal.AsBytes<ushort>([.. rows.SelectMany(row => new[] { row.Item1, row.Item2 })]).ToArray() : default,
            [],
            [],
            false);
    }

    private static int Class(double value) => (int)Math.Abs(value) % Classes.Length;

    private static string Text(DriftReport report)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            DriftJson.Write(json, new DeploymentDrift(Logged.Id, Now, Now, Now, report));
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
