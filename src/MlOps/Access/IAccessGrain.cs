namespace MlOps.Access;

/// <summary>Decides about API keys; one activation, key 0. Every answer is given only when every silo knows the change.</summary>
[Alias("MlOps.IAccessGrain")]
public interface IAccessGrain : IGrainWithIntegerKey
{
    /// <summary>Adds a key, whose secret the caller keeps.</summary>
    [Alias("Create")]
    Task Create(ApiKey key, IdempotencyEntry? idempotency, CancellationToken cancellation = default);

    /// <summary>Removes a key: when this answers, no silo accepts it. False when there was none.</summary>
    [Alias("Delete")]
    Task<bool> Delete(ApiKeyId id, CancellationToken cancellation = default);
}
