using System.Collections.Concurrent;

namespace MlOps.Predictions;

/// <summary>Cancellation sources that are used again and again: each prediction needs one, almost none ever fires.</summary>
internal sealed class Deadlines
{
    private const int Kept = 256;

    private readonly ConcurrentBag<CancellationTokenSource> sources = [];
    private int count;

    /// <summary>A source that cancels after a while.</summary>
    public CancellationTokenSource Rent(TimeSpan after)
    {
        if (sources.TryTake(out var source))
        {
            Interlocked.Decrement(ref count);
        }
        else
        {
            source = new CancellationTokenSource();
        }

        source.CancelAfter(after);
        return source;
    }

    public void Return(CancellationTokenSource source)
    {
        if (source.TryReset() && Interlocked.Increment(ref count) <= Kept)
        {
            sources.Add(source);
            return;
        }

        source.Dispose();
    }
}
