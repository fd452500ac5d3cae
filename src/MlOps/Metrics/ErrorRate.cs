namespace MlOps.Metrics;

/// <summary>The share of requests that failed (contract §10), the same in metrics and alerts.</summary>
public static class ErrorRate
{
    /// <summary>Answers that say that the deployment did not do its work: 422, 424, 429 and 5xx. Others are the caller's or the state's matter.</summary>
    public static bool IsError(int status) => status is 422 or 424 or 429 or >= 500;

    /// <summary>Percent of all requests that reached the deployment; null without any: less data is no data, never zero.</summary>
    public static double? Percent(IReadOnlyDictionary<int, long> byStatus)
    {
        var (errors, all) = (0L, 0L);
        foreach (var (status, requests) in byStatus)
        {
            errors += IsError(status) ? requests : 0;
            all += requests;
        }

        return all == 0 ? null : 100.0 * errors / all;
    }
}
