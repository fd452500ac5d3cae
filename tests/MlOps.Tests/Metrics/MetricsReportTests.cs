using CsCheck;
using MlOps.Drift;
using MlOps.Metrics;
using MlOps.Models;
using MlOps.Tests.Drift;
using Xunit;

namespace MlOps.Tests.Metrics;

public sealed class MetricsReportTests
{
    private static readonly UtcMinute Since = UtcMinute.Of(new DateTimeOffset(2026, 2, 28, 12, 0, 0, TimeSpan.Zero));
    private static readonly OutputSpec Output = DriftModels.Classifier("no", "yes");

    // A request: its minute, journal, status, latency, and the classes of its rows.
    private static readonly Gen<(int Minute, int Journal, int Status, long Latency, int[] Classes)> Request = Gen.Select(
        Gen.Int[-2, 7], Gen.Int[0, 2], Gen.OneOf(200, 200, 200, 400, 422, 424, 429, 500, 503), Gen.Long[50, 90_000], Gen.Int[0, 1].Array[1, 5]);

    [Fact]
    public void Of_AnyRequests_IsWhatCountingThemSays() =>
        Request.List[0, 60].Sample(requests =>
        {
            var report = Report(Windows(requests), []);
            var inside = requests.Where(request => request.Minute is >= 0 and < 5).ToList();
            var answered = inside.Where(request => request.Status == 200).ToList();

            Assert.Equal(inside.Count, report.Requests);
            Assert.Equal(answered.Sum(request => request.Classes.Length), report.Rows);
            Assert.Equal(inside.CountBy(request => request.Status).OrderBy(one => one.Key).Select(one => (one.Key, (long)one.Value)), report.ByStatus.Select(one => (one.Key, one.Value)));
            Assert.Equal(inside.Count == 0 ? null : 100.0 * inside.Count(request => request.Status is 422 or 424 or 429 or 500 or 503) / inside.Count, report.ErrorRate);
            Assert.Equal(answered.Count, report.Latency?.Requests ?? 0);
            if (answered.Count > 0)
            {
                var exact = answered.Select(request => request.Latency).Order().ElementAt((int)Math.Ceiling(0.95m * answered.Count) - 1) / 1_000.0;
                Assert.Equal(exact, report.Latency!.P95, 0.004 * exact);
            }

            Assert.Equal(
                [answered.Sum(request => request.Classes.Count(one => one == 0)), answered.Sum(request => request.Classes.Count(one => one == 1))],
                report.Predictions.Select(one => one.Count));
            Assert.Equal(Enumerable.Range(0, 5).Select(minute => Since.Plus(minute)), report.Series.Select(point => point.Minute));
            Assert.All(report.Series, point => Assert.Equal(inside.Count(request => request.Minute == point.Minute.Number - Since.Number), point.Requests));
            Assert.Equal(report.Rows, report.Series.Sum(point => point.Rows));
        });

    [Fact]
    public void Of_NoRequests_HasNoRatesAndEveryMinute()
    {
        var report = Report([], []);

        Assert.Equal((0, 0, null, null, null), (report.Requests, report.Rows, report.ErrorRate, report.Latency, report.Accuracy));
        Assert.Equal(5, report.Series.Length);
        Assert.All(report.Series, point => Assert.Equal((0, null, null, null), (point.Requests, point.ErrorRate, point.Latency, point.Accuracy)));
        Assert.Equal([new PredictionShare("no", 0, 0), new PredictionShare("yes", 0, 0)], report.Predictions);
    }

    [Fact]
    public void Of_Outcomes_AreShownInTheirMinutesAndInAll()
    {
        var right = AccuracyCounts.Of(Target.OfClass(1), Target.OfClass(1));
        var wrong = AccuracyCounts.Of(Target.OfClass(1), Target.OfClass(0));

        var report = Report([], [new(Since, right), new(Since, wrong), new(Since.Plus(3), right), new(Since.Plus(5), wrong)]);

        Assert.Equal(new AccuracyReport(3, 2 / 3.0, null, null), report.Accuracy);
        Assert.Equal(new AccuracyReport(2, 0.5, null, null), report.Series[0].Accuracy);
        Assert.Equal(new AccuracyReport(1, 1, null, null), report.Series[3].Accuracy);
        Assert.Null(report.Series[1].Accuracy);
    }

    [Fact]
    public void Predictions_OfARegression_AreInTheBinsOfDriftOrTheirOwnDeciles()
    {
        var window = new MinuteWindow();
        new PredictionCounter(DriftModels.Regression, null).Add(window.Predictions, [.. Enumerable.Range(0, 1_000).Select(row => row + 0.5)]);
        var frozen = FirstAnswers.Freeze(DriftModels.Regression, window.Predictions)!;

        var own = MetricsReport.Of(DriftModels.Regression, null, Since, Since.Plus(1), [new(Since, window)], []);
        var binned = MetricsReport.Of(DriftModels.Regression, frozen, Since, Since.Plus(1), [new(Since, window)], []);
        var none = MetricsReport.Of(DriftModels.Regression, null, Since, Since.Plus(1), [], []);

        Assert.Equal(binned.Predictions, own.Predictions);
        Assert.Equal(10, own.Predictions.Length);
        Assert.Equal(1_000, own.Predictions.Sum(one => one.Count));
        Assert.All(own.Predictions, one => Assert.Equal(0.1, one.Share, 2));
        Assert.DoesNotContain(own.Predictions, one => one.Label == "missing");
        Assert.Empty(none.Predictions);
    }

    [Fact]
    public void Window_InAnyGrouping_EqualsTheWholeAndReadsBack() =>
        Request.List[0, 60].Sample(requests =>
        {
            var whole = Window(requests);
            var merged = new MinuteWindow();
            foreach (var part in requests.GroupBy(request => request.Journal).OrderBy(group => group.Key))
            {
                merged.Add(MinuteWindow.Read(Window(part).ToBytes()));
            }

            Assert.Equal(whole.ToBytes(), merged.ToBytes());
        });

    [Fact]
    public void Window_RefusalsOfASecond_AreCountedTogether()
    {
        var window = new MinuteWindow();
        window.AddRefused(429, 250);
        window.AddRefused(503, 0);
        window.AddAnswered(3, 1_500);

        Assert.Equal((251, 3, 1), (window.Requests, window.Rows, window.Latency.Count));
        Assert.Equal([200, 429], window.ByStatus.Keys);
        Assert.Throws<ArgumentOutOfRangeException>(() => window.AddRefused(200));
    }

    private static MetricsReport Report(IEnumerable<KeyValuePair<UtcMinute, MinuteWindow>> windows, IEnumerable<KeyValuePair<UtcMinute, AccuracyCounts>> outcomes) =>
        MetricsReport.Of(Output, null, Since, Since.Plus(5), windows, outcomes);

    private static IEnumerable<KeyValuePair<UtcMinute, MinuteWindow>> Windows(IEnumerable<(int Minute, int Journal, int Status, long Latency, int[] Classes)> requests) =>
        requests.GroupBy(request => (request.Minute, request.Journal)).Select(group => KeyValuePair.Create(Since.Plus(group.Key.Minute), Window(group)));

    private static MinuteWindow Window(IEnumerable<(int Minute, int Journal, int Status, long Latency, int[] Classes)> requests)
    {
        var window = new MinuteWindow();
        var counter = new PredictionCounter(Output, null);
        foreach (var request in requests)
        {
            if (request.Status == 200)
            {
                window.AddAnswered(request.Classes.Length, request.Latency);
                counter.Add(window.Predictions, request.Classes);
            }
            else
            {
                window.AddRefused(request.Status);
            }
        }

        return window;
    }
}
