using System.Collections.Concurrent;
using MlOps.Deployments;

namespace MlOps.Predictions;

/// <summary>Replicas that were loaded and tried for a change that is not made yet.</summary>
internal sealed class PreparedReplicas(TimeProvider time)
{
    private static readonly TimeSpan LongestChange = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<DeploymentId, (Replica Replica, long Since)> prepared = new();

    public bool Contains(DeploymentId id) => prepared.ContainsKey(id);

    public void Add(Replica replica)
    {
        if (!prepared.TryAdd(replica.Deployment.Id, (replica, time.GetTimestamp())))
        {
            replica.Retire();
        }
    }

    /// <summary>Takes the deployment's replica out, for its slot.</summary>
    public Replica? Take(DeploymentId id) => prepared.TryRemove(id, out var ready) ? ready.Replica : null;

    /// <summary>Clears away what was prepared for changes that were not made.</summary>
    public void DropStale()
    {
        foreach (var (id, (replica, since)) in prepared)
        {
            if (time.GetElapsedTime(since) > LongestChange && prepared.TryRemove(new(id, (replica, since))))
            {
                replica.Retire();
            }
        }
    }
}
