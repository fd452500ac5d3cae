using System.Collections.Immutable;
using MlOps.Drift;
using MlOps.Models;

namespace MlOps.Metrics;

/// <summary>One minute of the series.</summary>
/// <param name="ErrorRate">Percent; null without requests.</param>
/// <param name="Latency">Null without requests answered 200.</param>
/// <param name="Accuracy">Of rows answered in this minute, whenever their feedback came; null without any.</param>
public sealed record MetricsPoint(UtcMinute Minute, long Requests, long Rows, double? ErrorRate, LatencyReport? Latency, AccuracyReport? Accuracy);

/// <summary>What a deployment did in a window of whole minutes (contract §2, metrics).</summary>
/// <param name="Since">The first minute.</param>
/// <param name="Until">The minute after the last: where the window ends.</param>
/// <param name="Rows">Rows answered 200.</param>
/// <param name="ErrorRate">Percent of requests answered 422, 424, 429 or 5xx; null without requests.</param>
/// <param name="Latency">Null without requests answered 200.</param>
/// <param name="Series">Every minute of the window, in rising order.</param>
/// <param name="Accuracy">Null without feedback.</param>
public sealed record MetricsReport(
    UtcMinute Since,
    UtcMinute Until,
    long Requests,
    long Rows,
    double? ErrorRate,
    ImmutableSortedDictionary<int, long> ByStatus,
    LatencyReport? Latency,
    ImmutableArray<MetricsPoint> Series,
    ImmutableArray<PredictionShare> Predictions,
    AccuracyReport? Accuracy)
{
    /// <param name="predictions">What the predictions' drift is measured with; null while there is nothing yet.</param>
    /// <param name="windows">Minutes with requests, in any order; one minute may come several times, from several journals. Minutes outside the window are left out.</param>
    /// <param name="outcomes">Likewise what feedback has shown, by the minute of the rows.</param>
    public static MetricsReport Of(
        OutputSpec output,
        PredictionBins? predictions,
        UtcMinute since,
        UtcMinute until,
        IEnumerable<KeyValuePair<UtcMinute, MinuteWindow>> windows,
        IEnumerable<KeyValuePair<UtcMinute, AccuracyCounts>> outcomes)
    {
        var length = checked((int)(until.Number - since.Number));
        ArgumentOutOfRangeException.ThrowIfNegative(length, nameof(until));
        var minutes = new MinuteWindow?[length];
        var accuracy = new AccuracyCounts[length];
        var total = new MinuteWindow();
        var known = default(AccuracyCounts);
        foreach (var (minute, window) in windows)
        {
            if (minute.Number >= since.Number && minute.Number < until.Number)
            {
                (minutes[minute.Number - since.Number] ??= new MinuteWindow()).Add(window);
                total.Add(window);
            }
        }

        foreach (var (minute, counts) in outcomes)
        {
            if (minute.Number >= since.Number && minute.Number < until.Number)
            {
                accuracy[minute.Number - since.Number] += counts;
                known += counts;
            }
        }

        return new MetricsReport(
            since,
            until,
            total.Requests,
            total.Rows,
            Metrics.ErrorRate.Percent(total.ByStatus),
            total.ByStatus.ToImmutableSortedDictionary(),
            LatencyReport.Of(total.Latency),
            [.. minutes.Select((window, index) => Point(since.Plus(index), window, AccuracyReport.Of(output.Task, accuracy[index])))],
            PredictionShare.Of(output, predictions, total.Predictions),
            AccuracyReport.Of(output.Task, known));
    }

    private static MetricsPoint Point(UtcMinute minute, MinuteWindow? window, AccuracyReport? accuracy) => window is null
        ? new MetricsPoint(minute, 0, 0, null, null, accuracy)
        : new MetricsPoint(minute, window.Requests, window.Rows, Metrics.ErrorRate.Percent(window.ByStatus), LatencyReport.Of(window.Latency), accuracy);
}
