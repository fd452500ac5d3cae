namespace MlOps.Tests;

/// <summary>What every <see cref="IIdempotencyStore"/> holds.</summary>
public abstract class IdempotencyStoreCompliance : IDisposable
{
    private readonly Lazy<StorageUnderTest> storage;

    protected IdempotencyStoreCompliance() => storage = new(Open);

    private protected abstract StorageUnderTest Open();

    private StorageUnderTest Storage => storage.Value;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        if (storage.IsValueCreated)
        {
            storage.Value.Dispose();
        }
    }

    [Fact]
    public async Task Find_AnswerOfAChange_IsThatForADay()
    {
        var entry = Samples.Idempotency();
        await Storage.Projects.Create(Samples.Project(), entry, Token);

        Storage.Time.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(1));
        var young = await Storage.Idempotency.Find(entry.Key, Token);
        Storage.Time.Advance(TimeSpan.FromSeconds(1));
        var old = await Storage.Idempotency.Find(entry.Key, Token);

        Assert.Equal(entry, young);
        Assert.Null(old);
    }

    [Fact]
    public async Task Find_AnotherCallerPathOrKey_IsNull()
    {
        var entry = Samples.Idempotency();
        await Storage.Projects.Create(Samples.Project(), entry, Token);

        Assert.Null(await Storage.Idempotency.Find(entry.Key with { Caller = new(Guid.CreateVersion7(Samples.Now)) }, Token));
        Assert.Null(await Storage.Idempotency.Find(entry.Key with { Path = "/api/models" }, Token));
        Assert.Null(await Storage.Idempotency.Find(entry.Key with { Key = "K" }, Token));
    }

    [Fact]
    public async Task Keep_UnderAnOldKey_ReplacesWhatWasThere()
    {
        await Storage.Projects.Create(Samples.Project(), Samples.Idempotency(), Token);
        var again = Samples.Idempotency(hash: "other", at: Samples.Now.AddHours(24));

        await Storage.Projects.Create(Samples.Project(), again, Token);

        Assert.Equal(again, await Storage.Idempotency.Find(again.Key, Token));
    }

    [Fact]
    public async Task Purge_OfMoreThanOneStep_LeavesTheYounger()
    {
        for (var i = 0; i < 520; i++)
        {
            await Storage.Catalogue.Write(
                async session =>
                {
                    await IdempotencyStore.Keep(session, Samples.Idempotency($"{i}", at: Samples.Now.AddSeconds(i)));
                    return true;
                },
                Token);
        }

        await Storage.Idempotency.Purge(Samples.Now.AddSeconds(510), Token);

        Assert.Equal(10, await Storage.Number($"select count(*) from idempotency"));
        Assert.NotNull(await Storage.Idempotency.Find(Samples.Idempotency("510").Key, Token));
    }
}
