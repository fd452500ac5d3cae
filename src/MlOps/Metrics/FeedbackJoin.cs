using System.Collections.Concurrent;
using MlOps.Models;

namespace MlOps.Metrics;

/// <summary>Joins actuals with rows, whichever side came first: both sides look for the other after their own commit, so at least one finds it.</summary>
public sealed class FeedbackJoin(IFeedbackStore store, IModelStore models)
{
    private const int MostKept = 1_000;
    private const int Step = 1_000;

    private readonly ConcurrentDictionary<ModelId, TargetReader> readers = new();

    public Task<FeedbackJoined> Join(FeedbackChoice choice, CancellationToken cancellation) => store.Join(choice, id => Reader(id, cancellation), cancellation);

    /// <summary>One pass over all that waits: finds what a process that ended between its commit and its look has left.</summary>
    public async Task JoinAll(CancellationToken cancellation)
    {
        for (long? next = 0; next is { } after;)
        {
            next = (await Join(new FeedbackChoice.Waiting(after, Step), cancellation)).Next;
        }
    }

    /// <summary>Understands the actuals of a model; null when it is deleted.</summary>
    public async ValueTask<TargetReader?> Reader(ModelId id, CancellationToken cancellation)
    {
        if (readers.TryGetValue(id, out var known))
        {
            return known;
        }

        if ((await models.Find(id, cancellation))?.Model is not { } model)
        {
            return null;
        }

        if (readers.Count >= MostKept)
        {
            readers.Clear();
        }

        return readers[id] = new TargetReader(model.Signature.Output);
    }
}
