namespace MlOps.Predictions;

/// <summary>A model file in memory, and the replicas over it; guarded by <see cref="ModelMemory"/>.</summary>
internal sealed class LoadedFile
{
    public List<Replica> Replicas { get; } = [];

    /// <summary>Bytes of the session that all replicas share, when it was measured last.</summary>
    public long SharedBytes { get; private set; }

    /// <summary>Bytes that the replicas had for themselves.</summary>
    public long OwnBytes { get; private set; }

    public long Bytes => SharedBytes + OwnBytes;

    /// <summary>Whether unloading its replicas gives the memory back: not while one of them has been told to go already, or waits for the change it was loaded for.</summary>
    public bool CanUnload => Replicas.TrueForAll(replica => replica.CanUnload);

    public bool IsLeaving => Replicas.TrueForAll(replica => replica.IsRetired);

    public void Measure()
    {
        SharedBytes = Replicas.Count == 0 ? 0 : Replicas[0].SharedBytes;
        OwnBytes = 0;
        foreach (var replica in Replicas)
        {
            OwnBytes += replica.OwnBytes;
        }
    }

    public UnloadCandidate AsCandidate() =>
        new(Replicas.Exists(replica => replica.TakesTraffic), Replicas.Exists(replica => replica.IsInUse), Replicas.Max(replica => replica.LastUsed), Bytes);
}
