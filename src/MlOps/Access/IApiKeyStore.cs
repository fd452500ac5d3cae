using System.Collections.Immutable;
using MlOps.Projects;

namespace MlOps.Access;

/// <summary>Durable keys. Every change takes the keys' one epoch row first.</summary>
public interface IApiKeyStore
{
    /// <summary>All keys, expired ones included, with the epoch they were read at.</summary>
    Task<ApiKeySnapshot> Load(CancellationToken cancellation);

    Task<Page<ApiKey>> List(ProjectId? boundTo, PageRequest page, CancellationToken cancellation);

    Task<ApiKey?> Find(ApiKeyId id, CancellationToken cancellation);

    /// <summary>Adds a key; answers the new epoch.</summary>
    Task<long> Add(ApiKey key, IdempotencyEntry? idempotency, CancellationToken cancellation);

    /// <summary>Removes a key; answers the new epoch, or null when there was none.</summary>
    Task<long?> Remove(ApiKeyId id, CancellationToken cancellation);
}

/// <summary>The keys as of one epoch.</summary>
public sealed record ApiKeySnapshot(long Epoch, ImmutableArray<ApiKey> Keys);
