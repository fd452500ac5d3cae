using MlOps.Access;

namespace MlOps;

/// <summary>What makes a repeated request the same one: the calling key, the path, and the header <c>Idempotency-Key</c>.</summary>
[GenerateSerializer, Immutable, Alias("MlOps.IdempotencyKey")]
public sealed record IdempotencyKey(ApiKeyId Caller, string Path, string Key);

/// <summary>The first answer to a request, kept for 24 hours in the transaction of the change itself.</summary>
/// <param name="RequestHash">SHA-256 of the request in hex; another one under the same key is a conflict.</param>
/// <param name="Outcome">The outcome as JSON, from which the answer is written again; empty until the change is decided.</param>
[GenerateSerializer, Immutable, Alias("MlOps.IdempotencyEntry")]
public sealed record IdempotencyEntry(IdempotencyKey Key, string RequestHash, string Outcome, DateTimeOffset CreatedAt);

/// <summary>Kept first answers.</summary>
public interface IIdempotencyStore
{
    /// <summary>The entry under this key that is younger than 24 hours, or null.</summary>
    Task<IdempotencyEntry?> Find(IdempotencyKey key, CancellationToken cancellation);

    /// <summary>Removes the entries older than <paramref name="before"/>.</summary>
    Task Purge(DateTimeOffset before, CancellationToken cancellation);
}
