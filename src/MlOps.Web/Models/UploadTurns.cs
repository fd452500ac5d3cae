using Microsoft.Extensions.Options;

namespace MlOps.Models;

/// <summary>Bounds the uploads under way: each may fill the disk with files of the largest size.</summary>
internal sealed class UploadTurns(IOptions<ModelOptions> options, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim free = new(options.Value.MaxConcurrentUploads);

    /// <returns>The turn; dispose of it when the upload is answered and its files are gone.</returns>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.Overloaded"/> when none came free in time.</exception>
    public async Task<IDisposable> Enter(CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(LongestWait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            await free.WaitAsync(either.Token);
            return new Turn(free);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new MlOpsException(ErrorCode.Overloaded, "Other models are being uploaded. Wait for the seconds of Retry-After, then send this one again.");
        }
    }

    public void Dispose() => free.Dispose();

    private sealed class Turn(SemaphoreSlim free) : IDisposable
    {
        public void Dispose() => free.Release();
    }
}
