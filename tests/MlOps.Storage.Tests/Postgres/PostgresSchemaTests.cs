using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using MlOps.Postgres;
using MlOps.Projects;
using Npgsql;

namespace MlOps.Tests.Postgres;

public sealed class PostgresSchemaTests
{
    private static int Newest => PostgresSchema.All[^1].Number;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Scripts_AreNumberedInOrder()
    {
        var numbers = PostgresSchema.All.Select(script => script.Number).ToList();

        Assert.Equal(1, numbers[0]);
        Assert.Equal(numbers.Distinct().Order(), numbers);
    }

    [Fact]
    public async Task Migrate_EmptyDatabase_BringsItToTheNewestAndThenDoesNothing()
    {
        using var database = new PostgresDatabase([]);
        var settings = Settings(database.ConnectionString);

        Assert.Contains($"from version 0 to {Newest}", await settings.MigrateMlOpsStorage(Token), StringComparison.Ordinal);
        var edition = await Edition();
        Assert.Contains("nothing to do", await settings.MigrateMlOpsStorage(Token), StringComparison.Ordinal);
        Assert.Equal(edition, await Edition());
        Assert.Contains("another edition", await settings.MigrateMlOpsStorage(Token, restored: true), StringComparison.Ordinal);
        Assert.NotEqual(edition, await Edition());

        async Task<Guid> Edition()
        {
            await using var source = NpgsqlDataSource.Create(database.ConnectionString);
            await using var command = source.CreateCommand("select id from catalogue");
            return (Guid)(await command.ExecuteScalarAsync(Token))!;
        }

        Assert.Equal(PostgresSchema.All.Length, await database.Stores().Number($"select count(*) from schema_versions"));
    }

    [Fact]
    public async Task Migrate_WithoutPostgres_SaysWhatToDo()
    {
        var refusal = await Assert.ThrowsAsync<StorageStartException>(() => new ConfigurationBuilder().Build().MigrateMlOpsStorage(Token));

        Assert.Contains("MLOPS__Storage__Postgres", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Migrate_ByTwoAtOnce_IsDoneOnce()
    {
        using var database = new PostgresDatabase([]);

        var runs = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => PostgresUpgrade.Run(database.ConnectionString, PostgresSchema.All, restored: false, Token), Token)));

        Assert.Equal([0, Newest, Newest], runs.Select(run => run.From).Order());
        Assert.All(runs, run => Assert.Equal(Newest, run.To));
    }

    [Fact]
    public async Task Migrate_WithAScriptThatFails_ChangesNothingOfThatStep()
    {
        using var database = new PostgresDatabase(PostgresSchema.All[..1]);
        var broken = PostgresSchema.All.Add(Next("create table left_behind (id integer); select 1 / 0", 1));

        var refusal = await Assert.ThrowsAsync<StorageStartException>(() => PostgresUpgrade.Run(database.ConnectionString, broken, restored: false, Token));

        Assert.Contains("division by zero", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0, await database.Stores().Number($"select count(*) from pg_tables where tablename = 'left_behind'"));
        Assert.Equal((Newest, Newest), await PostgresUpgrade.Run(database.ConnectionString, PostgresSchema.All, restored: false, Token));
    }

    [Fact]
    public async Task Migrate_IntoASchemaOfItsOwn_IsServedThere()
    {
        using var database = new PostgresDatabase([]);
        await PostgresServer.Execute(database.ConnectionString, "create schema models");
        var connection = $"{database.ConnectionString};Search Path=models";

        await Settings(connection).MigrateMlOpsStorage(Token);
        await Serve(connection);

        Assert.Equal(1, await database.Stores().Number($"select count(*) from models.projects"));
        Assert.Equal(0, await database.Stores().Number($"select count(*) from pg_tables where schemaname = 'public'"));
    }

    [Fact]
    public async Task Migrate_OfAnEncodingThatCannotHoldNames_IsRefused()
    {
        var name = $"mlops_{Guid.NewGuid():N}";
        await PostgresServer.Execute(PostgresServer.ConnectionString, $"create database {name} encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C' template template0");
        var connection = new NpgsqlConnectionStringBuilder(PostgresServer.ConnectionString) { Database = name }.ConnectionString;
        try
        {
            var refusal = await Assert.ThrowsAsync<StorageStartException>(() => Settings(connection).MigrateMlOpsStorage(Token));

            Assert.Contains("'UTF8'", refusal.Message, StringComparison.Ordinal);
        }
        finally
        {
            await PostgresServer.Drop(connection);
        }
    }

    [Fact]
    public async Task Serve_ByARoleThatMayNotChangeTheSchema_Works()
    {
        using var database = new PostgresDatabase([]);
        var role = $"serving_{Guid.NewGuid():N}";
        await PostgresServer.Execute(
            database.ConnectionString,
            $"create role {role} login; alter default privileges grant select, insert, update, delete on tables to {role}; revoke create on schema public from public");
        try
        {
            await Settings(database.ConnectionString).MigrateMlOpsStorage(Token);

            await Serve(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = role }.ConnectionString);

            Assert.Equal(1, await database.Stores().Number($"select count(*) from projects"));
        }
        finally
        {
            await PostgresServer.Execute(database.ConnectionString, $"drop owned by {role}; drop role {role}");
        }
    }

    // A program of version N on N + 1: what a cluster is while its silos are replaced one after the other.
    [Fact]
    public async Task Serve_SchemaOneVersionNewer_Works()
    {
        using var database = new PostgresDatabase(PostgresSchema.All.Add(Next("alter table projects add column of_tomorrow text default 'x'", 1)));

        await Serve(database.ConnectionString);

        Assert.Equal(1, await database.Stores().Number($"select count(*) from projects where of_tomorrow = 'x'"));
    }

    [Fact]
    public async Task Serve_SchemaTwoVersionsNewer_IsRefusedNamingThem()
    {
        using var database = new PostgresDatabase(PostgresSchema.All.Add(Next("select 1", 1)).Add(Next("select 1", 2)));

        var refusal = await Assert.ThrowsAsync<StorageStartException>(() => Serve(database.ConnectionString));

        Assert.Contains($"version {Newest + 2}", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("newer program", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_OlderSchema_IsRefusedAndChangesNothing()
    {
        using var database = new PostgresDatabase(PostgresSchema.All[..^1]);

        var refusal = await Assert.ThrowsAsync<StorageStartException>(() => Serve(database.ConnectionString));

        Assert.Contains("migrate", refusal.Message, StringComparison.Ordinal);
        Assert.Contains($"needs {Newest}", refusal.Message, StringComparison.Ordinal);
        await using var connection = await database.Source.OpenConnectionAsync(Token);
        Assert.Equal(PostgresSchema.All[^2].Number, await PostgresSchema.Version(connection, Token));
    }

    [Fact]
    public async Task Serve_EmptyDatabase_IsRefusedAndLeftEmpty()
    {
        using var database = new PostgresDatabase([]);

        var refusal = await Assert.ThrowsAsync<StorageStartException>(() => Serve(database.ConnectionString));

        Assert.Contains("migrate", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0, await database.Stores().Number($"select count(*) from pg_tables where schemaname = 'public'"));
    }

    [Fact]
    public async Task Serve_DatabaseThatDoesNotExist_IsRefusedNamingIt()
    {
        var connection = new NpgsqlConnectionStringBuilder(PostgresServer.ConnectionString) { Database = "nowhere" }.ConnectionString;

        var refusal = await Assert.ThrowsAsync<StorageStartException>(() => Serve(connection));

        Assert.Contains("nowhere", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WhileTheServerIsAway_WaitsAndSaysSoOnce()
    {
        using var database = new PostgresDatabase();
        using var proxy = new CuttableProxy(database.ConnectionString);
        proxy.Cut();
        await using var source = PostgresSource.Serving(proxy.ConnectionString);
        var log = new Lines();

        var starting = new PostgresStart(source, Newest, TimeProvider.System, log).StartingAsync(Token);
        while (proxy.Refused < 2)
        {
            await Task.Yield();
            Token.ThrowIfCancellationRequested();
        }

        Assert.False(starting.IsCompleted);
        proxy.Restore();
        await starting;
        Assert.Contains("Waiting for the database", Assert.Single(log.Written), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WhileTheServerIsAway_CanBeCalledOff()
    {
        using var proxy = new CuttableProxy(PostgresServer.ConnectionString);
        proxy.Cut();
        await using var source = PostgresSource.Serving(proxy.ConnectionString);
        using var stop = new CancellationTokenSource();

        var starting = new PostgresStart(source, Newest, TimeProvider.System, NullLogger<PostgresStart>.Instance).StartingAsync(stop.Token);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting);
    }

    private static PostgresScript Next(string sql, int after) => PostgresScript.Of($"{Newest + after:D4}-of-tomorrow", sql);

    private static IConfigurationRoot Settings(string connection, string? data = null) => new ConfigurationBuilder()
        .AddInMemoryCollection([new("Storage:Postgres", connection), new("Storage:Data", data)])
        .Build();

    /// <summary>Starts what a silo starts, makes a project, and stops.</summary>
    private static async Task Serve(string connection)
    {
        using var folder = new TemporaryFolder();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogging().AddMlOpsStorage(Settings(connection, folder.Path));
        using var host = builder.Build();
        await host.StartAsync(Token);
        await host.Services.GetRequiredService<IProjectStore>().Create(Samples.Project(), Samples.Idempotency(), Token);
        await host.StopAsync(Token);
    }

    private sealed class Lines : ILogger<PostgresStart>
    {
        public ConcurrentQueue<string> Written { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Enqueue(formatter(state, exception));
    }
}
