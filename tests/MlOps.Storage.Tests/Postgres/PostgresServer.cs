using Microsoft.Extensions.Configuration;
using Npgsql;

namespace MlOps.Tests.Postgres;

/// <summary>The PostgreSQL that tests/run starts, in which each test has a database of its own.</summary>
internal static class PostgresServer
{
    /// <summary>Holds the connection string of a role that may create databases.</summary>
    private const string Variable = "MLOPS_TEST_POSTGRES";

    private static readonly Lazy<Task<string>> Migrated = new(CreateTemplate);

    /// <summary>A connection string of the server. Ends the test as skipped where there is none, but as failed in CI.</summary>
    public static string ConnectionString
    {
        get
        {
            var found = Environment.GetEnvironmentVariable(Variable);
            Xunit.Assert.False(string.IsNullOrEmpty(found) && Environment.GetEnvironmentVariable("CI") == "true", $"{Variable} is not set: start the tests with tests/run.");
            Xunit.Assert.SkipWhen(string.IsNullOrEmpty(found), $"{Variable} names no PostgreSQL: tests/run starts one where its programs are installed.");
            return found!;
        }
    }

    /// <summary>Makes an empty database and answers its connection string.</summary>
    public static Task<string> Create() => Create("template0");

    /// <summary>Makes a database with the newest schema, a copy of one that this process has migrated, and answers its connection string.</summary>
    public static async Task<string> CreateMigrated()
    {
        // Ends a test that has no server before the template is tried.
        _ = ConnectionString;
        return await Create(new NpgsqlConnectionStringBuilder(await Migrated.Value).Database!);
    }

    /// <summary>Drops a database made here with whoever is still connected to it.</summary>
    public static async Task Drop(string database)
    {
        await Execute(ConnectionString, $"drop database {new NpgsqlConnectionStringBuilder(database).Database} with (force)");
    }

    public static async Task Execute(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<string> Create(string template)
    {
        var name = $"mlops_{Guid.NewGuid():N}";
        await Execute(ConnectionString, $"create database {name} encoding 'UTF8' template {template}");
        return new NpgsqlConnectionStringBuilder(ConnectionString) { Database = name }.ConnectionString;
    }

    private static async Task<string> CreateTemplate()
    {
        var made = await Create();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Drop(made).GetAwaiter().GetResult();
        await new ConfigurationBuilder().AddInMemoryCollection([new("Storage:Postgres", made)]).Build().MigrateMlOpsStorage(CancellationToken.None);
        return made;
    }
}
