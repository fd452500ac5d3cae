namespace MlOps.Models;

/// <summary>Loads files for serving. Models with the same digest share one session, which lives as long as one of them does.</summary>
internal sealed class OnnxModelRuntime : IModelRuntime
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, SharedSession> sessions = new(StringComparer.Ordinal);
    private readonly SessionMemory memory = new(() => NativeHeap.InUse);

    public long HeapGrowth => memory.Growth;

    public ILoadedModel Load(string digest, string graphPath, ModelSignature signature)
    {
        SharedSession? shared;
        lock (gate)
        {
            if (!sessions.TryGetValue(digest, out shared))
            {
                sessions.Add(digest, shared = new SharedSession(digest, graphPath, memory));
            }

            shared.Shares++;
        }

        try
        {
            return new OnnxLoadedModel(shared, signature, () => Release(shared));
        }
        catch
        {
            Release(shared);
            throw;
        }
    }

    public long Estimate(long fileBytes) => memory.Estimate(fileBytes);

    public void GiveBack() => NativeHeap.GiveBack();

    private void Release(SharedSession shared)
    {
        lock (gate)
        {
            if (--shared.Shares > 0)
            {
                return;
            }

            sessions.Remove(shared.Digest);
        }

        shared.Close();
    }
}
