using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace MlOps.Tests.Postgres;

/// <summary>What Orleans asks of the table by which silos find each other, through two instances of its own provider.</summary>
public sealed class MembershipTableTests : IAsyncLifetime
{
    private static readonly DateTime Now = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    private readonly PostgresDatabase database = new();
    private readonly List<IHost> silos = [];
    private IMembershipTable one = null!;
    private IMembershipTable two = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        one = await Open();
        two = await Open();
    }

    public ValueTask DisposeAsync()
    {
        silos.ForEach(silo => silo.Dispose());
        database.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Initialize_ManyAtOnce_MakesOneEmptyTable()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => (i % 2 == 0 ? one : two).InitializeMembershipTableAsync(true, Token)));

        var table = await two.ReadAllAsync(Token);

        Assert.Empty(table.Members);
        Assert.Equal(0, table.Version.Version);
        Assert.Equal(1, await database.Stores().Number($"select count(*) from membership_versions"));
    }

    [Fact]
    public async Task Insert_Silo_IsReadAsItWasAtTheNextVersion()
    {
        var silo = Silo(1);

        Assert.True(await one.InsertRowAsync(silo, (await one.ReadAllAsync(Token)).Version.Next(), Token));

        var table = await two.ReadAllAsync(Token);
        Assert.Equal(1, table.Version.Version);
        AssertSame(silo, Assert.Single(table.Members).Item1);
        AssertSame(silo, Assert.Single((await two.ReadRowAsync(silo.SiloAddress, Token)).Members).Item1);
        Assert.Empty((await two.ReadRowAsync(Silo(2).SiloAddress, Token)).Members);
        Assert.Equal(1, (await two.ReadRowAsync(Silo(2).SiloAddress, Token)).Version.Version);
    }

    [Fact]
    public async Task Insert_AtAnotherVersionOrTwice_IsFalseAndChangesNothing()
    {
        var stale = (await one.ReadAllAsync(Token)).Version.Next();
        Assert.True(await one.InsertRowAsync(Silo(1), stale, Token));

        Assert.False(await two.InsertRowAsync(Silo(2), stale, Token));
        Assert.False(await two.InsertRowAsync(Silo(1), (await two.ReadAllAsync(Token)).Version.Next(), Token));

        var table = await one.ReadAllAsync(Token);
        Assert.Equal(1, table.Version.Version);
        Assert.Single(table.Members);
    }

    [Fact]
    public async Task Update_Silo_SetsStatusAndSuspicionsAtTheNextVersion()
    {
        var silo = Silo(1);
        await one.InsertRowAsync(silo, (await one.ReadAllAsync(Token)).Version.Next(), Token);
        silo.Status = SiloStatus.Dead;
        silo.SuspectTimes = [Tuple.Create(Silo(2).SiloAddress, Now.AddMinutes(1)), Tuple.Create(Silo(3).SiloAddress, Now.AddMinutes(2))];
        silo.IAmAliveTime = Now.AddMinutes(3);
        var (_, etag) = (await one.ReadAllAsync(Token)).Members[0];

        Assert.True(await one.UpdateRowAsync(silo, etag, (await one.ReadAllAsync(Token)).Version.Next(), Token));

        var table = await two.ReadAllAsync(Token);
        Assert.Equal(2, table.Version.Version);
        AssertSame(silo, table.Members[0].Item1);
        Assert.Equal(silo.SuspectTimes, table.Members[0].Item1.SuspectTimes);
    }

    [Fact]
    public async Task Update_AtAnotherVersionOrOfNobody_IsFalseAndChangesNothing()
    {
        var silo = Silo(1);
        var stale = (await one.ReadAllAsync(Token)).Version.Next();
        await one.InsertRowAsync(silo, stale, Token);
        silo.Status = SiloStatus.Dead;

        Assert.False(await two.UpdateRowAsync(silo, (await two.ReadAllAsync(Token)).Members[0].Item2, stale, Token));
        Assert.False(await two.UpdateRowAsync(Silo(2), "1", (await two.ReadAllAsync(Token)).Version.Next(), Token));

        var table = await one.ReadAllAsync(Token);
        Assert.Equal(1, table.Version.Version);
        Assert.Equal(SiloStatus.Active, table.Members[0].Item1.Status);
    }

    [Fact]
    public async Task Insert_DifferentSilosByBothAtOnce_OnlyOneSucceedsAtEachVersion()
    {
        for (var round = 0; round < 100; round++)
        {
            var next = (await one.ReadAllAsync(Token)).Version.Next();
            var (mine, theirs) = (Silo(2 * round), Silo((2 * round) + 1));

            var outcomes = await Task.WhenAll(Task.Run(() => one.InsertRowAsync(mine, next, Token), Token), Task.Run(() => two.InsertRowAsync(theirs, next, Token), Token));

            Assert.Single(outcomes, succeeded => succeeded);
            var table = await one.ReadAllAsync(Token);
            Assert.Equal((round + 1, round + 1), (table.Version.Version, table.Members.Count));
        }
    }

    // What happens all the time beside each other: one silo changes the row of another, which says that it is alive.
    [Fact]
    public async Task Update_WhileTheSiloSaysThatItIsAlive_OnlyOneSucceedsAtEachVersion()
    {
        var silo = Silo(1);
        await one.InsertRowAsync(silo, (await one.ReadAllAsync(Token)).Version.Next(), Token);
        for (var round = 1; round <= 100; round++)
        {
            var before = await one.ReadAllAsync(Token);
            var (next, etag) = (before.Version.Next(), before.Members[0].Item2);
            var alive = Silo(1);
            alive.IAmAliveTime = Now.AddSeconds(round);
            var (mine, theirs) = (Silo(1), Silo(1));
            (mine.Status, theirs.Status) = (SiloStatus.ShuttingDown, SiloStatus.Stopping);

            var beat = Task.Run(() => two.UpdateIAmAliveAsync(alive, Token), Token);
            var outcomes = await Task.WhenAll(Task.Run(() => one.UpdateRowAsync(mine, etag, next, Token), Token), Task.Run(() => two.UpdateRowAsync(theirs, etag, next, Token), Token));
            await beat;

            Assert.Single(outcomes, succeeded => succeeded);
            var table = await one.ReadAllAsync(Token);
            Assert.Equal(round + 1, table.Version.Version);
            Assert.Equal(outcomes[0] ? mine.Status : theirs.Status, table.Members[0].Item1.Status);
            Assert.Equal(alive.IAmAliveTime, table.Members[0].Item1.IAmAliveTime);
        }
    }

    [Fact]
    public async Task UpdateIAmAlive_Silo_ChangesNoVersion()
    {
        var silo = Silo(1);
        await one.InsertRowAsync(silo, (await one.ReadAllAsync(Token)).Version.Next(), Token);
        silo.IAmAliveTime = Now.AddHours(1);

        await one.UpdateIAmAliveAsync(silo, Token);

        var table = await two.ReadAllAsync(Token);
        Assert.Equal((1, Now.AddHours(1)), (table.Version.Version, table.Members[0].Item1.IAmAliveTime));
    }

    [Fact]
    public async Task Cleanup_OldRows_TakesTheDeadOnly()
    {
        var statuses = new[] { SiloStatus.Active, SiloStatus.Joining, SiloStatus.ShuttingDown, SiloStatus.Dead, SiloStatus.Dead };
        for (var i = 0; i < statuses.Length; i++)
        {
            var silo = Silo(i);
            silo.Status = statuses[i];
            silo.IAmAliveTime = i == 4 ? Now.AddDays(8) : Now;
            await one.InsertRowAsync(silo, (await one.ReadAllAsync(Token)).Version.Next(), Token);
        }

        await two.CleanupDefunctSiloEntriesAsync(Now.AddDays(7), Token);

        var left = (await one.ReadAllAsync(Token)).Members.Select(member => member.Item1.SiloAddress);
        Assert.Equal(new[] { 0, 1, 2, 4 }.Select(i => Silo(i).SiloAddress).Order(), left.Order());
    }

    [Fact]
    public async Task Delete_Table_LeavesOtherClustersAlone()
    {
        await one.InsertRowAsync(Silo(1), (await one.ReadAllAsync(Token)).Version.Next(), Token);
        var other = await Open("another");
        await other.InsertRowAsync(Silo(1), (await other.ReadAllAsync(Token)).Version.Next(), Token);

        await one.DeleteMembershipTableEntriesAsync("test", Token);

        Assert.Single((await other.ReadAllAsync(Token)).Members);
        Assert.Equal(1, await database.Stores().Number($"select count(*) from membership"));
    }

    private static MembershipEntry Silo(int number) => new()
    {
        SiloAddress = SiloAddress.New(IPAddress.Loopback, 11000 + number, 1 + number),
        SiloName = $"silo {number}",
        HostName = "host",
        Status = SiloStatus.Active,
        ProxyPort = 30000,
        StartTime = Now,
        IAmAliveTime = Now,
    };

    private static void AssertSame(MembershipEntry expected, MembershipEntry actual) => Assert.Equal(
        (expected.SiloAddress, expected.SiloName, expected.HostName, expected.Status, expected.ProxyPort, expected.StartTime, expected.IAmAliveTime),
        (actual.SiloAddress, actual.SiloName, actual.HostName, actual.Status, actual.ProxyPort, actual.StartTime, actual.IAmAliveTime));

    private async Task<IMembershipTable> Open(string cluster = "test")
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo =>
        {
            silo.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (cluster, cluster));
            silo.Services.AddSingleton(database.Orleans);
            silo.UseMlOpsStorage().UseMlOpsMembership();
        });
        var host = builder.Build();
        silos.Add(host);
        var table = host.Services.GetRequiredService<IMembershipTable>();
        await table.InitializeMembershipTableAsync(true, Token);
        return table;
    }
}
