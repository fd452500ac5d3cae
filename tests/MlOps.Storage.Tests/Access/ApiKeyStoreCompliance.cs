using MlOps.Access;
using MlOps.Projects;

namespace MlOps.Tests.Access;

/// <summary>What every <see cref="IApiKeyStore"/> holds.</summary>
public abstract class ApiKeyStoreCompliance : IDisposable
{
    private readonly Lazy<StorageUnderTest> storage;

    protected ApiKeyStoreCompliance() => storage = new(Open);

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
    public async Task Add_Key_IsFoundAsItWas()
    {
        var bound = Samples.Key("bound", ProjectId.New(Samples.Now)) with { ExpiresAt = Samples.Now.AddDays(1), Scopes = Scope.Admin };

        var epoch = await Storage.Keys.Add(bound, null, Token);

        Assert.Equal(1, epoch);
        Structure.AssertSame(bound, await Storage.Keys.Find(bound.Id, Token));
        Assert.Null(await Storage.Keys.Find(ApiKeyId.New(Samples.Now), Token));
    }

    [Fact]
    public async Task Add_UnderAnIdempotencyKeyInUse_ChangesNothing()
    {
        await Storage.Keys.Add(Samples.Key("a"), Samples.Idempotency(), Token);

        await Assert.ThrowsAsync<MlOpsException>(() => Storage.Keys.Add(Samples.Key("b"), Samples.Idempotency(), Token));

        var snapshot = await Storage.Keys.Load(Token);
        Assert.Equal((1, 1), (snapshot.Epoch, snapshot.Keys.Length));
    }

    [Fact]
    public async Task Remove_Key_TakesAnEpochOnlyWhenItWasThere()
    {
        var key = Samples.Key();
        await Storage.Keys.Add(key, null, Token);

        Assert.Equal(2, await Storage.Keys.Remove(key.Id, Token));

        Assert.Null(await Storage.Keys.Remove(key.Id, Token));
        var snapshot = await Storage.Keys.Load(Token);
        Assert.Equal((2, 0), (snapshot.Epoch, snapshot.Keys.Length));
    }

    [Fact]
    public async Task Load_AfterManyAtOnce_HasAllAtOneEpoch()
    {
        var epochs = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(() => Storage.Keys.Add(Samples.Key($"k{i}"), null, Token), Token)));

        var snapshot = await Storage.Keys.Load(Token);

        Assert.Equal(Enumerable.Range(1, 20).Select(epoch => (long)epoch), epochs.Order());
        Assert.Equal((20, 20), (snapshot.Epoch, snapshot.Keys.Length));
    }

    [Fact]
    public async Task List_OfKeys_IsNewestFirstAndOfOneProjectWhereAsked()
    {
        var project = ProjectId.New(Samples.Now);
        var (first, second) = (Samples.Key("a", project), Samples.Key("b", created: Samples.Now.AddSeconds(1)));
        await Storage.Keys.Add(first, null, Token);
        await Storage.Keys.Add(second, null, Token);

        var all = await Storage.Keys.List(null, new(10, 0), Token);
        var bound = await Storage.Keys.List(project, new(10, 0), Token);

        Assert.Equal([second.Id, first.Id], all.Items.Select(key => key.Id));
        Assert.Equal([first.Id], bound.Items.Select(key => key.Id));
        Assert.Equal((2, 1), (all.Total, bound.Total));
    }
}
