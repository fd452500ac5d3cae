namespace MlOps.Metrics;

/// <summary>How long the requests answered 200 took, in milliseconds.</summary>
/// <param name="Requests">How many they are.</param>
public sealed record LatencyReport(double P50, double P95, double P99, long Requests)
{
    /// <summary>Null without any.</summary>
    public static LatencyReport? Of(LatencyHistogram latency)
    {
        return latency.Count is > 0 and var count ? new LatencyReport(Milliseconds(0.50), Milliseconds(0.95), Milliseconds(0.99), count) : null;

        double Milliseconds(double share) => latency.Quantile(share)!.Value / 1_000;
    }
}
