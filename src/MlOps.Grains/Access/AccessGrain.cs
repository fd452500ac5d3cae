using MlOps.Projects;

namespace MlOps.Access;

internal sealed class AccessGrain(IApiKeyStore store, SiloFanout silos) : Grain, IAccessGrain
{
    public async Task Create(ApiKey key, IdempotencyEntry? idempotency, CancellationToken cancellation) =>
        await silos.ApplyKeys(await store.Add(key, idempotency, CancellationToken.None));

    public async Task<bool> Delete(ApiKeyId id, CancellationToken cancellation)
    {
        if (await store.Remove(id, CancellationToken.None) is not { } epoch)
        {
            return false;
        }

        await silos.ApplyKeys(epoch);
        return true;
    }
}
