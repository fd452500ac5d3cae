using System.Diagnostics.Metrics;
using MlOps.Deployments;

namespace MlOps.Predictions;

/// <summary>What predictions tell an operator: how many, with what end, how long they took, how many are under way.</summary>
public sealed class PredictionInstruments
{
    public const string Requests = "mlops.predict.requests";

    /// <summary>Has three series for each deployment at most, those for which <see cref="Rows"/> has a count.</summary>
    public const string Drift = "mlops.drift.psi";

    /// <summary>Deployments that have series of their own; the others are summed as <c>other</c>.</summary>
    public const int MostDeployments = 500;

    /// <summary>
    /// Most series of one instrument until it is made anew: those told then, as many deployments more, and the shared ones, each with every status that a
    /// prediction can end with.
    /// </summary>
    public const int MostSeries = ((2 * MostDeployments) + 2) * 12;

    /// <summary>A deployment that nobody has asked for so long makes room for others; its counters begin again, which Prometheus takes for a restart.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromHours(24);

    // Of 50 microseconds to the longest run.
    private static readonly double[] Seconds =
        [0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20];

    private readonly TrafficCounts traffic;
    private readonly IReplicaHost replicas;
    private readonly Histogram<double> duration;

    public PredictionInstruments(IMeterFactory meters, DeploymentMeter byDeployment, IReplicaHost replicas, Admission admission, TimeProvider time)
    {
        this.replicas = replicas;
        traffic = new(MostDeployments, byDeployment.Renew, time);
        byDeployment.Declare(counters =>
        {
            counters.CreateObservableCounter(Requests, ObserveRequests, "{request}", "Prediction requests, by deployment and HTTP status.");
            counters.CreateObservableCounter("mlops.predict.rows", ObserveRows, "{row}", "Rows answered, by deployment.");
        });
        var meter = meters.Create("MlOps");
        duration = meter.CreateHistogram(
            "mlops.predict.duration", "s", "Time from a request's admission to its record in the journal, of answered requests.", tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds });
        meter.CreateObservableUpDownCounter("mlops.predict.in_flight", () => admission.Requests, "{request}", "Prediction requests under way.");
        meter.CreateObservableUpDownCounter("mlops.predict.buffered", () => admission.Bytes, "By", "Bytes that prediction requests under way hold.");
    }

    /// <summary>Rows answered by the deployments that have series of their own now.</summary>
    public IReadOnlyDictionary<DeploymentId, long> Rows
    {
        get
        {
            Keep();
            return traffic.Own.ToDictionary(one => one.Key, one => one.Value.Rows);
        }
    }

    /// <summary>Counts an answered request. A tenth of a microsecond, and no allocation.</summary>
    internal void Answered(DeploymentId deployment, int rows, TimeSpan latency)
    {
        traffic.Of(deployment).Answered(rows);
        duration.Record(latency.TotalSeconds);
    }

    /// <summary>Counts a request that was not answered 200.</summary>
    /// <param name="deployment">Null when it met none that this silo serves.</param>
    public void Refused(DeploymentId? deployment, int status) => (deployment is { } id ? traffic.Of(id) : traffic.Unserved).Refused(status);

    private IEnumerable<Measurement<long>> ObserveRequests() =>
        from one in Served()
        from requests in one.Requests
        select new Measurement<long>(requests.Value, new("deployment", one.Label), new("status", requests.Key));

    private IEnumerable<Measurement<long>> ObserveRows() =>
        from one in Served()
        select new Measurement<long>(one.Rows, new KeyValuePair<string, object?>("deployment", one.Label));

    private IEnumerable<DeploymentTraffic> Served()
    {
        Keep();
        return traffic.All;
    }

    private void Keep() => traffic.Keep(id => replicas.Known(id) is not null, Idle);
}
