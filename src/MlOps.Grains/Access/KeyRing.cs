using System.Collections.Frozen;
using System.Security.Cryptography;

namespace MlOps.Access;

/// <summary>All active keys of the installation in this silo's memory, as of one epoch.</summary>
internal sealed class KeyRing(IApiKeyStore store, BootstrapKey bootstrap, TimeProvider time) : IKeyRing, IDisposable
{
    private static readonly TimeSpan LookupPause = TimeSpan.FromSeconds(1);

    private readonly byte[] bootstrapHash = [.. ApiKeySecret.Hash(bootstrap.Value)];
    private readonly SemaphoreSlim reading = new(1);
    private volatile Keys keys = new(-1, FrozenDictionary<ApiKeyId, HeldKey>.Empty);
    private long lookedUp;

    public ValueTask<Caller?> Find(ReadOnlySpan<char> key)
    {
        Span<byte> hash = stackalloc byte[ApiKeySecret.HashBytes];
        ApiKeySecret.Hash(key, hash);
        if (CryptographicOperations.FixedTimeEquals(hash, bootstrapHash))
        {
            return new ValueTask<Caller?>(BootstrapKey.Caller);
        }

        if (!ApiKeySecret.TryReadId(key, out var id))
        {
            return default;
        }

        return keys.ById.TryGetValue(id, out var held) ? new ValueTask<Caller?>(Check(held, hash)) : new ValueTask<Caller?>(LookUp(id, hash.ToArray()));
    }

    public bool Holds(Caller caller) =>
        ReferenceEquals(caller, BootstrapKey.Caller)
        || (keys.ById.TryGetValue(caller.Key, out var held) && ReferenceEquals(held.Caller, caller) && IsActive(held));

    /// <summary>Reads the keys unless they are known at this epoch already. Answers the epoch that is known then.</summary>
    public async Task<long> Refresh(long epoch)
    {
        await reading.WaitAsync();
        try
        {
            // Any other epoch, a lower one too: what is read now is never older than what is known, unless the catalogue has been restored.
            if (keys.Epoch != epoch)
            {
                var read = await store.Load(CancellationToken.None);
                keys = new Keys(read.Epoch, read.Keys.ToFrozenDictionary(key => key.Id, key => new HeldKey(key)));
            }

            return keys.Epoch;
        }
        finally
        {
            reading.Release();
        }
    }

    public void Dispose() => reading.Dispose();

    // An unknown key may be one that another silo has just made. The store is asked at most once a second, whatever callers send.
    private async Task<Caller?> LookUp(ApiKeyId id, byte[] hash)
    {
        var last = Volatile.Read(ref lookedUp);
        if (last == 0 || time.GetElapsedTime(last) >= LookupPause)
        {
            if (Interlocked.CompareExchange(ref lookedUp, time.GetTimestamp(), last) == last)
            {
                await Refresh(keys.Epoch + 1);
            }
        }

        return keys.ById.TryGetValue(id, out var held) ? Check(held, hash) : null;
    }

    private Caller? Check(HeldKey held, ReadOnlySpan<byte> hash) =>
        CryptographicOperations.FixedTimeEquals(hash, held.Hash) && IsActive(held) ? held.Caller : null;

    private bool IsActive(HeldKey held) => held.ExpiresAt is not { } end || time.GetUtcNow() < end;

    private sealed record Keys(long Epoch, FrozenDictionary<ApiKeyId, HeldKey> ById);

    private sealed class HeldKey(ApiKey key)
    {
        public byte[] Hash { get; } = [.. key.Hash];

        public Caller Caller { get; } = new(key.Id, key.Name, key.Scopes, key.Project);

        public DateTimeOffset? ExpiresAt { get; } = key.ExpiresAt;
    }
}
