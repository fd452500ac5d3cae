using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace MlOps.Tests.Grains;

/// <summary>What the default grain storage holds on every database, through two real instances of Orleans' provider, as two silos have.</summary>
public abstract class GrainStorageCompliance : IAsyncLifetime
{
    private const int Pairs = 300;

    private readonly List<IHost> silos = [];
    private IGrainStorage one = null!;
    private IGrainStorage two = null!;

    /// <summary>A number and an array: what a state needs to show that nothing was lost.</summary>
    public sealed record Counted(int Version, ImmutableArray<string> Names);

    private protected abstract void UseStorage(ISiloBuilder silo);

    private static GrainType Counter => GrainType.Create("counter");

    private static GrainId AnyGrain(int number) => GrainId.Create(Counter, GrainIdKeyExtensions.CreateIntegerKey(number));

    public async ValueTask InitializeAsync()
    {
        one = await Start();
        two = await Start();
    }

    public virtual ValueTask DisposeAsync()
    {
        silos.ForEach(silo => silo.Dispose());
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Write_NewState_IsReadByTheOther()
    {
        await Write(one, AnyGrain(1), new() { State = new(1, ["a", "ö"]) });

        var read = await Read(two, AnyGrain(1));

        Assert.True(read.RecordExists);
        Assert.Equal((1, "a,ö"), (read.State!.Version, string.Join(',', read.State!.Names)));
        Assert.Equal("1", read.ETag);
        Assert.False((await Read(two, AnyGrain(2))).RecordExists);
    }

    [Fact]
    public async Task Write_ArrayThatIsDefault_ComesBackAsThat()
    {
        await Write(one, AnyGrain(1), new() { State = new(1, default) });

        Assert.True((await Read(two, AnyGrain(1))).State!.Names.IsDefault);
    }

    [Fact]
    public async Task Write_KeysWithExtensions_AreDifferentGrains()
    {
        var (plain, extended) = (
            GrainId.Create(Counter, GrainIdKeyExtensions.CreateGuidKey(Guid.Empty)),
            GrainId.Create(Counter, GrainIdKeyExtensions.CreateGuidKey(Guid.Empty, "more")));
        await Write(one, plain, new() { State = new(1, []) });
        await Write(one, extended, new() { State = new(2, []) });

        Assert.Equal((1, 2), ((await Read(two, plain)).State!.Version, (await Read(two, extended)).State!.Version));
    }

    [Fact]
    public async Task Write_FirstByBothAtOnce_OnlyOneSucceeds()
    {
        for (var grain = 0; grain < Pairs; grain++)
        {
            var id = AnyGrain(grain);

            var outcomes = await Task.WhenAll(
                Task.Run(() => Attempt(() => Write(one, id, new() { State = new(1, []) }))),
                Task.Run(() => Attempt(() => Write(two, id, new() { State = new(2, []) }))));

            Assert.Single(outcomes, succeeded => succeeded);
            Assert.Equal(outcomes[0] ? 1 : 2, (await Read(one, id)).State!.Version);
        }
    }

    [Fact]
    public async Task Write_SameVersionByBothAtOnce_OnlyOneSucceeds()
    {
        var id = AnyGrain(1000);
        await Write(one, id, new() { State = new(0, []) });
        for (var round = 1; round <= Pairs; round++)
        {
            var (mine, theirs) = (await Read(one, id), await Read(two, id));
            (mine.State, theirs.State) = (new(round, []), new(-round, []));

            var outcomes = await Task.WhenAll(
                Task.Run(() => Attempt(() => Write(one, id, mine))), Task.Run(() => Attempt(() => Write(two, id, theirs))));

            Assert.Single(outcomes, succeeded => succeeded);
            Assert.Equal(outcomes[0] ? round : -round, (await Read(one, id)).State!.Version);
        }
    }

    [Fact]
    public async Task Clear_State_IsGoneAndCanBeWrittenAgain()
    {
        var state = new GrainState<Counted> { State = new(1, []) };
        await Write(one, AnyGrain(1), state);
        var stale = await Read(two, AnyGrain(1));

        await one.ClearStateAsync("state", AnyGrain(1), state);

        Assert.False((await Read(two, AnyGrain(1))).RecordExists);
        await Assert.ThrowsAsync<InconsistentStateException>(() => Write(two, AnyGrain(1), stale));
        state.State = new(2, []);
        await Write(one, AnyGrain(1), state);
        Assert.Equal(2, (await Read(two, AnyGrain(1))).State!.Version);
    }

    [Fact]
    public async Task Clear_StateThatWasNeverWritten_IsFine()
    {
        var state = await Read(one, AnyGrain(1));

        await one.ClearStateAsync("state", AnyGrain(1), state);
        state.State = new(1, []);
        await Write(one, AnyGrain(1), state);

        Assert.Equal(1, (await Read(two, AnyGrain(1))).State!.Version);
    }

    private async Task<IGrainStorage> Start()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering();
            UseStorage(silo);
        });
        var host = builder.Build();
        silos.Add(host);
        var storage = host.Services.GetRequiredService<IGrainStorage>();
        await new Beginning().Start((ILifecycleParticipant<ISiloLifecycle>)storage);
        return storage;
    }

    private static Task Write(IGrainStorage storage, GrainId id, GrainState<Counted> state) => storage.WriteStateAsync("state", id, state);

    private static async Task<GrainState<Counted>> Read(IGrainStorage storage, GrainId id)
    {
        var state = new GrainState<Counted>();
        await storage.ReadStateAsync("state", id, state);
        return state;
    }

    private static async Task<bool> Attempt(Func<Task> write)
    {
        try
        {
            await write();
            return true;
        }
        catch (InconsistentStateException)
        {
            return false;
        }
    }

    /// <summary>The start of a silo, as far as its storage takes part in it.</summary>
    private sealed class Beginning : ISiloLifecycle
    {
        private readonly List<ILifecycleObserver> observers = [];

        public int HighestCompletedStage => 0;

        public int LowestStoppedStage => 0;

        public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer)
        {
            observers.Add(observer);
            return new MemoryStream();
        }

        public async Task Start(ILifecycleParticipant<ISiloLifecycle> participant)
        {
            participant.Participate(this);
            foreach (var observer in observers)
            {
                await observer.OnStart(CancellationToken.None);
            }
        }
    }
}
