using System.Collections.Concurrent;
using MlOps.Deployments;

namespace MlOps.InferenceLogs;

/// <summary>
/// Requests that were turned away, summed in memory until they are journalled, one record per deployment, status and second: under an overload a record for each
/// would add to it. A kill loses the last second of them.
/// </summary>
public sealed class RefusalCounts(InferenceRecorder recorder, TimeProvider time)
{
    // While the journal is full seconds pile up: from here on whole hours are summed.
    private const int MostSeconds = 10_000;
    private const long SecondsPerHour = 3_600;

    private readonly ConcurrentDictionary<(DeploymentId Deployment, long Second, int Status), (Deployment Deployment, long Requests)> waiting = new();

    public void Add(Deployment deployment, int status)
    {
        var second = time.GetUtcNow().ToUnixTimeSeconds();
        Add(deployment, waiting.Count < MostSeconds ? second : second - (second % SecondsPerHour), status, 1);
    }

    /// <summary>Journals the sums of seconds that are over; those that a full journal does not take are kept.</summary>
    /// <param name="all">The second that is running, too: nothing comes after it.</param>
    public async Task Write(bool all)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        foreach (var key in waiting.Keys)
        {
            if ((all || key.Second < now) && waiting.TryRemove(key, out var sum)
                && !await recorder.Counted(sum.Deployment, key.Second, key.Status, sum.Requests))
            {
                Add(sum.Deployment, key.Second, key.Status, sum.Requests);
            }
        }
    }

    private void Add(Deployment deployment, long second, int status, long requests) => waiting.AddOrUpdate(
        (deployment.Id, second, status), (deployment, requests), (_, before) => (deployment, before.Requests + requests));
}
