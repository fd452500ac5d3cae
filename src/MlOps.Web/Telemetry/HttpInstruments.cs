using System.Diagnostics.Metrics;

namespace MlOps.Telemetry;

/// <summary>What HTTP tells an operator beside predictions: what was refused, and how long calls took.</summary>
internal sealed class HttpInstruments
{
    private static readonly double[] Seconds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30];

    private readonly Counter<long> refusals;
    private readonly Histogram<double> duration;

    public HttpInstruments(IMeterFactory meters)
    {
        var meter = meters.Create("MlOps");
        refusals = meter.CreateCounter<long>("mlops.http.refusals", "{request}", "Requests answered with a problem, predictions included, by the code of the catalogue.");
        duration = meter.CreateHistogram(
            "mlops.http.call.duration", "s", "Time that calls of the API took, predictions and uploads aside, however they ended.", tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds });
    }

    /// <param name="code">Name of an entry of the catalogue: there are no others.</param>
    public void Refused(string code) => refusals.Add(1, new KeyValuePair<string, object?>("code", code));

    public void Called(TimeSpan took) => duration.Record(took.TotalSeconds);
}
