using System.Diagnostics.Metrics;
using MlOps.Errors;

namespace MlOps.Telemetry;

/// <summary>What HTTP tells an operator beside predictions: what was refused, and how long calls took.</summary>
internal sealed class HttpInstruments
{
    private static readonly string[] Codes = [.. Enum.GetValues<ErrorCode>().Order().Select(code => ErrorCatalogue.Of(code).Name)];
    private static readonly double[] Seconds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30];

    // Each from zero on: a rise from nothing to one is no rise to who watches.
    private readonly long[] refusals = new long[Codes.Length];
    private readonly Histogram<double> duration;

    public HttpInstruments(IMeterFactory meters)
    {
        var meter = meters.Create("MlOps");
        meter.CreateObservableCounter("mlops.http.refusals", Observe, "{request}", "Requests answered with a problem, predictions included, by the code of the catalogue.");
        duration = meter.CreateHistogram(
            "mlops.http.call.duration", "s", "Time that calls of the API took, predictions and uploads aside, however they ended.", tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds });
    }

    public void Refused(ErrorCode code) => Interlocked.Increment(ref refusals[(int)code]);

    public void Called(TimeSpan took) => duration.Record(took.TotalSeconds);

    private IEnumerable<Measurement<long>> Observe() =>
        Codes.Select((code, index) => new Measurement<long>(Volatile.Read(ref refusals[index]), new KeyValuePair<string, object?>("code", code)));
}
