using System.Collections.Concurrent;
using System.Data.Common;
using System.Net;
using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace MlOps.Tests.Postgres;

/// <summary>
/// The database that whole silos are tested on: SQLite, unless the environment says <c>MLOPS_TEST_DATABASE=postgres</c>. Then each has one
/// of its own, with the schema, on the server of <see cref="PostgresServer"/>.
/// </summary>
internal sealed class ChosenDatabase : IAsyncDisposable
{
    private const string LogFile = "inference.db";
    private const string Kept = "_kept";

    private static readonly ConcurrentDictionary<string, Lazy<Task<ChosenDatabase>>> ByFolder = new();

    private readonly string? connectionString;

    static ChosenDatabase() => AppDomain.CurrentDomain.ProcessExit += (_, _) => Task.WaitAll(ByFolder.Values.Select(async made => await (await made.Value).DisposeAsync()));

    private ChosenDatabase(string? connectionString)
    {
        this.connectionString = connectionString;
        Settings = connectionString is null
            ? []
            : new()
            {
                ["Storage:Postgres"] = connectionString,
                ["Cluster:SiloPort"] = $"{FreePort()}",
                ["Cluster:GatewayPort"] = "0",
                ["Http:DrainSeconds"] = "0",
            };
    }

    private string Name => new NpgsqlConnectionStringBuilder(connectionString).Database!;

    public static bool IsPostgres => Environment.GetEnvironmentVariable("MLOPS_TEST_DATABASE") == "postgres";

    /// <summary>What a silo has to be told to use it; nothing for SQLite.</summary>
    public Dictionary<string, string?> Settings { get; }

    public static async Task<ChosenDatabase> Create() => new(IsPostgres ? await PostgresServer.CreateMigrated() : null);

    /// <summary>The database of a data folder that several processes hold one after the other; at the same silo address each time.</summary>
    public static Task<ChosenDatabase> Of(string folder) => ByFolder.GetOrAdd(folder, _ => new(Create)).Value;

    /// <summary>A connection to the catalogue of a data folder, for what no silo would do to it. Embedded, while no silo holds the folder.</summary>
    public Task<DbConnection> Open(string data) => Open(data, "catalogue.db");

    /// <summary>A connection to the inference log of a data folder, for what no silo would do to it.</summary>
    public Task<DbConnection> OpenLog(string data) => Open(data, LogFile);

    /// <summary>Keeps the inference log of a data folder as it is; on PostgreSQL the catalogue, too. No silo runs.</summary>
    public async Task KeepLog(string data)
    {
        if (connectionString is null)
        {
            CopyLog(data, Directory.CreateDirectory(data + Kept).FullName);
        }
        else
        {
            await PostgresServer.Execute(PostgresServer.ConnectionString, $"create database {Name}{Kept} template {Name}");
        }
    }

    /// <summary>Makes it what was kept, once. No silo runs.</summary>
    public async Task RestoreLog(string data)
    {
        if (connectionString is null)
        {
            CopyLog(data + Kept, data);
        }
        else
        {
            await PostgresServer.Drop(connectionString);
            await PostgresServer.Execute(PostgresServer.ConnectionString, $"alter database {Name}{Kept} rename to {Name}");
        }
    }

    /// <summary>Tells a process that is to be started.</summary>
    public void AddTo(IDictionary<string, string?> environment)
    {
        foreach (var (key, value) in Settings)
        {
            environment[$"MLOPS__{key.Replace(":", "__", StringComparison.Ordinal)}"] = value;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (connectionString is not null)
        {
            await PostgresServer.Drop(connectionString);
            await PostgresServer.Execute(PostgresServer.ConnectionString, $"drop database if exists {Name}{Kept}");
        }
    }

    private async Task<DbConnection> Open(string data, string file)
    {
        DbConnection connection = connectionString is null
            ? new SqliteConnection($"Data Source={Path.Combine(data, file)};Pooling=False")
            : new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    // With what lies beside the file.
    private static void CopyLog(string from, string to)
    {
        foreach (var path in Directory.EnumerateFiles(to, LogFile + "*"))
        {
            File.Delete(path);
        }

        foreach (var path in Directory.EnumerateFiles(from, LogFile + "*"))
        {
            File.Copy(path, Path.Combine(to, Path.GetFileName(path)));
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
