using System.Text;

namespace MlOps.Requests;

/// <summary>One call that may be a repeat.</summary>
internal sealed class IdempotentCall(IdempotencyEntry? entry, IIdempotencyStore? store, IDisposable? turn) : IDisposable
{
    /// <summary>What the change's owner keeps its outcome under; null when the caller sent no key.</summary>
    public IdempotencyEntry? Entry => entry;

    /// <summary>What the change's transaction is to keep: the answer that a repeat gets.</summary>
    public IdempotencyEntry? With(ReadOnlySpan<byte> answer) => entry is null ? null : entry with { Outcome = Encoding.UTF8.GetString(answer) };

    /// <summary>The first answer, if this is a repeat.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.IdempotencyKeyReused"/>: the key came with another request.</exception>
    public async Task<byte[]?> FirstAnswer(CancellationToken cancellation)
    {
        if (entry is null || await store!.Find(entry.Key, cancellation) is not { } first)
        {
            return null;
        }

        return first.RequestHash == entry.RequestHash
            ? Encoding.UTF8.GetBytes(first.Outcome)
            : throw new MlOpsException(
                ErrorCode.IdempotencyKeyReused,
                $"This {IdempotentCalls.Header} came with another request within the last 24 hours. Use a new key for a new request.");
    }

    public void Dispose() => turn?.Dispose();
}
