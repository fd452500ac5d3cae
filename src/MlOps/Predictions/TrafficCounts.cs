using System.Collections.Concurrent;
using MlOps.Deployments;

namespace MlOps.Predictions;

/// <summary>
/// The traffic of each deployment of this silo, up to a number of them; those that come later share one count. Who has a count of its own keeps it while it is
/// served and asked for, so that no count ever falls or jumps because others came or went.
/// </summary>
/// <param name="most">Most counts of their own at a time.</param>
/// <param name="renewed">Called whenever so many deployments have begun a count of their own since the last time, on the thread of a request.</param>
internal sealed class TrafficCounts(int most, Action renewed, TimeProvider time)
{
    private readonly ConcurrentDictionary<DeploymentId, DeploymentTraffic> own = new();
    private readonly Lock changing = new();
    private volatile int count;
    private long begun;

    /// <summary>Of requests that met no deployment which this silo serves.</summary>
    public DeploymentTraffic Unserved { get; } = new("none");

    /// <summary>Of deployments without a count of their own.</summary>
    public DeploymentTraffic Others { get; } = new("other");

    public IEnumerable<KeyValuePair<DeploymentId, DeploymentTraffic>> Own => own;

    public IEnumerable<DeploymentTraffic> All => own.Values.Append(Others).Append(Unserved);

    public DeploymentTraffic Of(DeploymentId id) => own.TryGetValue(id, out var found) ? found : count < most ? Begin(id) : Others;

    /// <summary>Forgets the deployments that are not served any more, and those whose counts have not moved for so long, as far as this was called meanwhile.</summary>
    public void Keep(Predicate<DeploymentId> isServed, TimeSpan idle)
    {
        lock (changing)
        {
            foreach (var (id, traffic) in own)
            {
                if ((traffic.StoodStill(time) >= idle || !isServed(id)) && own.TryRemove(id, out _))
                {
                    count--;
                }
            }
        }
    }

    private DeploymentTraffic Begin(DeploymentId id)
    {
        var (traffic, isMost) = Add(id);
        if (isMost)
        {
            // Outside the lock, which whoever observes takes too.
            renewed();
        }

        return traffic;
    }

    private (DeploymentTraffic Traffic, bool IsMost) Add(DeploymentId id)
    {
        lock (changing)
        {
            if (own.TryGetValue(id, out var found))
            {
                return (found, false);
            }

            if (count >= most)
            {
                return (Others, false);
            }

            count++;
            var added = own[id] = new DeploymentTraffic(id.ToString());
            return (added, ++begun % most == 0);
        }
    }
}
