using Microsoft.Extensions.DependencyInjection;
using MlOps.Access;
using MlOps.Projects;
using Xunit;

namespace MlOps.Tests.Access;

/// <summary>Keys as every silo knows them: at once when they are made, not at all when they are deleted.</summary>
public sealed class KeyRingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Keys_AreKnownAndForgottenByEverySiloWhenAnswered()
    {
        await using var cluster = await SiloCluster.Start(silos: 2);
        var access = cluster.Grains.GetGrain<IAccessGrain>(0);
        var (key, text) = Key(null);

        await access.Create(key, null, Cancellation);
        foreach (var silo in cluster.Silos)
        {
            var caller = await silo.GetRequiredService<IKeyRing>().Find(text);
            Assert.Equal((key.Id, key.Name, Scope.Read), (caller!.Key, caller.Name, caller.Scopes));
        }

        Assert.True(await access.Delete(key.Id, Cancellation));
        Assert.False(await access.Delete(key.Id, Cancellation));
        foreach (var silo in cluster.Silos)
        {
            Assert.Null(await silo.GetRequiredService<IKeyRing>().Find(text));
        }
    }

    [Fact]
    public async Task Keys_ThatAreNoneExpiredOrAltered_AreNobodys()
    {
        await using var cluster = await SiloCluster.Start();
        var (expired, expiredText) = Key(TimeProvider.System.GetUtcNow().AddSeconds(-1));
        var (good, goodText) = Key(TimeProvider.System.GetUtcNow().AddDays(1));
        await cluster.Grains.GetGrain<IAccessGrain>(0).Create(expired, null, Cancellation);
        await cluster.Grains.GetGrain<IAccessGrain>(0).Create(good, null, Cancellation);
        var ring = cluster.Silos[0].GetRequiredService<IKeyRing>();

        Assert.NotNull(await ring.Find(goodText));
        Assert.Equal(BootstrapKey.Caller, await ring.Find("the-key-of-the-owner"));
        foreach (var wrong in new[] { expiredText, goodText[..^1], goodText + "0", goodText[..^1] + (goodText[^1] == '0' ? '1' : '0'), "", "x", "the-key-of-the-owner ", new string('a', 10_000) })
        {
            Assert.Null(await ring.Find(wrong));
        }
    }

    // As after a restore: the keys' epoch has gone back, and what was known of the catalogue before is not true any more.
    [Fact]
    public async Task Keys_OfALowerEpoch_AreReadAgain()
    {
        var (before, beforeText) = Key(null);
        var (after, afterText) = Key(null);
        var store = new Store { Keys = new(7, [before]) };
        using var ring = new KeyRing(store, new BootstrapKey("the-key-of-the-owner"), TimeProvider.System);
        await ring.Refresh(7);
        Assert.NotNull(await ring.Find(beforeText));

        store.Keys = new(3, [after]);

        Assert.Equal(3, await ring.Refresh(3));
        Assert.NotNull(await ring.Find(afterText));
        Assert.Null(await ring.Find(beforeText));
    }

    private static (ApiKey Key, string Text) Key(DateTimeOffset? expires)
    {
        var now = TimeProvider.System.GetUtcNow();
        var id = new ApiKeyId(Guid.CreateVersion7(now));
        var text = ApiKeySecret.Create(id);
        return (new ApiKey(id, "tester", Scope.Read, null, now, expires, ApiKeySecret.Hash(text)), text);
    }

    private sealed class Store : IApiKeyStore
    {
        public required ApiKeySnapshot Keys { get; set; }

        public Task<ApiKeySnapshot> Load(CancellationToken cancellation) => Task.FromResult(Keys);

        public Task<Page<ApiKey>> List(ProjectId? boundTo, PageRequest page, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<ApiKey?> Find(ApiKeyId id, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<long> Add(ApiKey key, IdempotencyEntry? idempotency, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<long?> Remove(ApiKeyId id, CancellationToken cancellation) => throw new NotSupportedException();
    }
}
