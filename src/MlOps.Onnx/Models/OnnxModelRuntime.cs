using MlOps.Contributions;

namespace MlOps.Models;

/// <summary>Loads files for serving. Models with the same digest share one session, which lives as long as one of them does.</summary>
internal sealed class OnnxModelRuntime : IModelRuntime
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, SharedSession> sessions = new(StringComparer.Ordinal);
    private readonly SessionMemory memory = new(() => NativeHeap.InUse);

    public long HeapGrowth => memory.Growth;

    public ILoadedModel Load(string digest, string graphPath, ModelSignature signature) => Load(digest, graphPath, signature, null);

    public ILoadedModel LoadUpTo(GraphCut cut, string digest, string graphPath, ModelSignature signature) =>
        Load($"{digest}/{cut.Value}", graphPath, EncodedColumns.Answering(signature, cut), cut);

    public ScoreForm ReadForm(string graphPath, ModelSignature signature) => ScoreFormReader.Read(OnnxFile.Read(graphPath), signature);

    public long Estimate(long fileBytes) => memory.Estimate(fileBytes);

    public void GiveBack() => NativeHeap.GiveBack();

    private OnnxLoadedModel Load(string digest, string graphPath, ModelSignature signature, GraphCut? cut)
    {
        SharedSession? shared;
        lock (gate)
        {
            if (!sessions.TryGetValue(digest, out shared))
            {
                sessions.Add(digest, shared = new SharedSession(digest, graphPath, cut, memory));
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
