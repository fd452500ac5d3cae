namespace MlOps.Predictions;

/// <summary>Counts the requests in flight over one replica.</summary>
public sealed class InFlight
{
    private int requests;

    /// <returns>False when there are <paramref name="limit"/> already.</returns>
    internal bool TryEnter(int limit)
    {
        if (Interlocked.Increment(ref requests) <= limit)
        {
            return true;
        }

        Interlocked.Decrement(ref requests);
        return false;
    }

    internal void Leave() => Interlocked.Decrement(ref requests);
}
