using Microsoft.Extensions.Options;

namespace MlOps.Models;

/// <summary>
/// Turns for loading: some at a time, a bounded number waiting, and not for ever. Loads for changes have turns of their own, so that a promote never waits behind
/// the models that requests ask for; files whose load ended a process before are loaded alone.
/// </summary>
internal sealed class LoadGate(IOptions<ModelOptions> options, TimeProvider time) : IDisposable
{
    // Together with the load itself this stays below what clients wait for.
    private static readonly TimeSpan LongestWaitOfAChange = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim requests = new(options.Value.MaxConcurrentLoads);
    private readonly SemaphoreSlim changes = new(options.Value.MaxConcurrentLoads);
    private readonly SemaphoreSlim alone = new(1);
    private int waiting;

    /// <summary>Loads that wait for their turn.</summary>
    public int Waiting => Volatile.Read(ref waiting);

    /// <summary>How long a load may wait for its turn and for room in memory.</summary>
    public static TimeSpan LongestWait(bool change, ModelOptions options) => change ? LongestWaitOfAChange : TimeSpan.FromSeconds(options.WaitSeconds);

    /// <returns>The turn; dispose of it when the load has ended.</returns>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.ModelLoading"/>: too many wait, or it took too long.</exception>
    public async Task<IDisposable> Enter(bool change, bool suspect, CancellationToken cancellation)
    {
        var turns = suspect ? alone : change ? changes : requests;
        if (Interlocked.Increment(ref waiting) > options.Value.MaxQueuedLoads && !change)
        {
            Interlocked.Decrement(ref waiting);
            throw Refusal("Too many models wait to be loaded.");
        }

        using var limit = new CancellationTokenSource(LongestWait(change, options.Value), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            await turns.WaitAsync(either.Token);
            return new Turn(turns);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw Refusal("Other models are being loaded.");
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }

    public static MlOpsException Refusal(string why) => new(ErrorCode.ModelLoading, $"{why} Wait for the seconds of Retry-After, then send it again.");

    public void Dispose()
    {
        requests.Dispose();
        changes.Dispose();
        alone.Dispose();
    }

    private sealed class Turn(SemaphoreSlim turns) : IDisposable
    {
        public void Dispose() => turns.Release();
    }
}
