using Microsoft.Extensions.Logging.Abstractions;
using MlOps.Postgres;
using MlOps.Projects;
using Npgsql;

namespace MlOps.Tests.Postgres;

public sealed class PostgresCatalogueTests : IDisposable
{
    private readonly PostgresDatabase database = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => database.Dispose();

    [Theory]
    [InlineData("statement_timeout", "5s")]
    [InlineData("lock_timeout", "4s")]
    [InlineData("idle_in_transaction_session_timeout", "10s")]
    [InlineData("tcp_keepalives_idle", "4")]
    [InlineData("TimeZone", "UTC")]
    public async Task Session_LimitsItself(string setting, string value)
    {
        await using var command = database.Source.CreateCommand($"show {setting}");

        Assert.Equal(value, await command.ExecuteScalarAsync(Token));
    }

    [Fact]
    public void Source_ConnectionString_SendsKeepalivesAndKeepsWhatTheOwnerSays()
    {
        using var source = PostgresSource.Serving($"{database.ConnectionString};Command Timeout=77;Maximum Pool Size=5;Options=-c work_mem=8MB");

        var settings = new NpgsqlConnectionStringBuilder(source.ConnectionString);
        Assert.True(settings is { TcpKeepAlive: true, TcpKeepAliveTime: <= 10, CommandTimeout: 77, MaxPoolSize: 5, Timeout: 5 });
        Assert.EndsWith("-c work_mem=8MB", settings.Options, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("Host=x;Prot=5432")]
    [InlineData("Host=x;Port=many")]
    public void Source_OfNoConnectionString_IsRefusedSayingHowOneLooks(string text)
    {
        var refusal = Assert.Throws<StorageStartException>(() => PostgresSource.Serving(text));

        Assert.Contains("Host=", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_ThatTriesToWrite_IsRefused() =>
        await Assert.ThrowsAsync<PostgresException>(() => database.Catalogue.Read(session => session.Execute($"delete from projects"), Token));

    [Fact]
    public async Task Read_DuringAWrite_SeesOneState()
    {
        var storage = database.Stores();
        var project = await storage.NewProject("before");

        var epochs = await storage.Catalogue.Read(
            async session =>
            {
                var before = await session.Number($"select epoch from projects");
                await storage.Projects.Update(project.Id, "after", null, Token);
                return (before, await session.Number($"select epoch from projects"));
            },
            Token);

        Assert.Equal((1, 1), epochs);
        Assert.Equal(2, await storage.Number($"select epoch from projects"));
    }

    [Fact]
    public async Task Write_ThatFails_LeavesNothingAndTheNextOneWorks()
    {
        var storage = database.Stores();

        await Assert.ThrowsAsync<PostgresException>(() => storage.Catalogue.Write(
            async session =>
            {
                await session.Execute($"update api_key_epoch set epoch = 9");
                return await session.Execute($"insert into nowhere values (1)");
            },
            Token));
        await Assert.ThrowsAsync<FormatException>(() => storage.Catalogue.Write<int>(
            async session =>
            {
                await session.Execute($"update api_key_epoch set epoch = 9");
                throw new FormatException();
            },
            Token));

        Assert.Equal(0, await storage.Number($"select epoch from api_key_epoch"));
        await storage.NewProject();
    }

    [Fact]
    public async Task Write_Cancelled_IsNotBegun()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => database.Stores().Projects.Create(Samples.Project(), null, cancelled.Token));

        Assert.Equal(0, await database.Stores().Number($"select count(*) from projects"));
    }

    [Fact]
    public async Task Write_WhileAnotherSessionKeepsTheRow_IsRefusedAsBusyAndWorksLater()
    {
        var project = await database.Stores().NewProject();
        using var hasty = PostgresSource.Serving($"{database.ConnectionString};Options=-c lock_timeout=100ms");
        var storage = new StorageUnderTest(new PostgresCatalogue(hasty, TimeProvider.System, NullLogger<PostgresCatalogue>.Instance), hasty);
        await using (var other = await database.Source.OpenConnectionAsync(Token))
        {
            await using var held = await other.BeginTransactionAsync(Token);
            await using var command = new NpgsqlCommand("update projects set epoch = 7", other, held);
            await command.ExecuteNonQueryAsync(Token);

            var refusal = await Assert.ThrowsAsync<MlOpsException>(() => storage.Projects.Update(project.Id, "n", null, Token));

            Assert.Equal(ErrorCode.Busy, refusal.Code);
            Assert.Contains("Nothing has been changed", refusal.Message, StringComparison.Ordinal);
        }

        Assert.Equal(2, (await storage.Projects.Update(project.Id, "n", null, Token))!.Epoch);
    }

    [Fact]
    public async Task Read_ThatTakesTooLong_IsRefusedAsBusy()
    {
        using var hasty = PostgresSource.Serving($"{database.ConnectionString};Options=-c statement_timeout=100ms");
        var catalogue = new PostgresCatalogue(hasty, TimeProvider.System, NullLogger<PostgresCatalogue>.Instance);

        var refusal = await Assert.ThrowsAsync<MlOpsException>(() => catalogue.Read(session => session.Number($"select 1 from pg_sleep(60)"), Token));

        Assert.Equal(ErrorCode.Busy, refusal.Code);
    }

    [Fact]
    public async Task Calls_AfterTheServerEndedIdleConnections_Succeed()
    {
        var storage = database.Stores();
        var project = await storage.NewProject();
        await EndConnections();
        Assert.NotNull(await storage.Projects.Find(project.Id, Token));
        await EndConnections();

        Assert.Equal(2, (await storage.Projects.Update(project.Id, "n", null, Token))!.Epoch);
    }

    [Fact]
    public async Task Write_ThatMeetsAnotherInADeadlock_IsDoneAgain()
    {
        var storage = database.Stores();
        var (one, two) = (await storage.NewProject("1"), await storage.NewProject("2"));
        using var both = new Barrier(2);
        var runs = 0;

        async Task<int> Cross(Project first, Project second, int own)
        {
            var met = false;
            return await storage.Catalogue.Write(
                async session =>
                {
                    Interlocked.Increment(ref runs);
                    await session.Execute($"update projects set epoch = epoch + {own} where id = {first.Id}");
                    if (!met)
                    {
                        met = true;
                        both.SignalAndWait(Token);
                    }

                    return await session.Execute($"update projects set epoch = epoch + {own} where id = {second.Id}");
                },
                Token);
        }

        await Task.WhenAll(Task.Run(() => Cross(one, two, 10), Token), Task.Run(() => Cross(two, one, 100), Token));

        Assert.True(runs > 2);
        Assert.Equal(222, await storage.Number($"select sum(epoch)::bigint from projects"));
    }

    [Fact]
    public async Task Calls_WhileTheServerIsAway_AreRefusedAsBusyAndSucceedWhenItIsBack()
    {
        using var proxy = new CuttableProxy(database.ConnectionString);
        using var source = PostgresSource.Serving(proxy.ConnectionString);
        var storage = new StorageUnderTest(new PostgresCatalogue(source, TimeProvider.System, NullLogger<PostgresCatalogue>.Instance), source);
        var project = await storage.NewProject();

        proxy.Cut();
        var read = await Assert.ThrowsAsync<MlOpsException>(() => storage.Projects.Find(project.Id, Token));
        var write = await Assert.ThrowsAsync<MlOpsException>(() => storage.Projects.Update(project.Id, "n", null, Token));
        proxy.Restore();

        Assert.Equal((ErrorCode.Busy, ErrorCode.Busy), (read.Code, write.Code));
        Assert.Contains("does not answer", read.Message, StringComparison.Ordinal);
        Assert.Contains("Nothing has been changed", write.Message, StringComparison.Ordinal);
        Assert.Equal(2, (await storage.Projects.Update(project.Id, "n", null, Token))!.Epoch);
    }

    [Fact]
    public async Task Call_OfAPortWhereNobodyListens_IsRefusedAsBusy()
    {
        using var proxy = new CuttableProxy(database.ConnectionString);
        proxy.Dispose();
        await using var source = PostgresSource.Serving(proxy.ConnectionString);

        var refusal = await Assert.ThrowsAsync<MlOpsException>(
            () => new PostgresCatalogue(source, TimeProvider.System, NullLogger<PostgresCatalogue>.Instance).Read(session => session.Number($"select 1"), Token));

        Assert.Equal(ErrorCode.Busy, refusal.Code);
        Assert.DoesNotContain("127.0.0.1", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Write_WhoseConnectionIsLostAtItsCommit_SaysThatItMayHaveHappened()
    {
        using var proxy = new CuttableProxy(database.ConnectionString);
        using var source = PostgresSource.Serving(proxy.ConnectionString);
        var catalogue = new PostgresCatalogue(source, TimeProvider.System, NullLogger<PostgresCatalogue>.Instance);
        var runs = 0;

        var refusal = await Assert.ThrowsAsync<MlOpsException>(() => catalogue.Write(
            async session =>
            {
                runs++;
                await session.Execute($"update api_key_epoch set epoch = 5");
                proxy.Cut();
                return true;
            },
            Token));

        Assert.Equal((ErrorCode.Busy, 1), (refusal.Code, runs));
        Assert.Contains("may have happened", refusal.Message, StringComparison.Ordinal);
    }

    private async Task EndConnections() => await PostgresServer.Execute(
        PostgresServer.ConnectionString,
        $"select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '{new NpgsqlConnectionStringBuilder(database.ConnectionString).Database}'");
}
