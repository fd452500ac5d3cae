using System.Collections.Concurrent;
using System.Data.Common;
using System.Net;
using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace MlOps.Tests.Postgres;

/// <summary>
/// The database that whole silos are tested on: SQLite, unless the environment says <c>MLOPS_TEST_DATABASE=postgres</c>. Then each has one
/// of its own, with the schema, on the server of <see cref="PostgresServer"/>.
/// </summary>
internal sealed class ChosenDatabase : IAsyncDisposable
{
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

    public static bool IsPostgres => Environment.GetEnvironmentVariable("MLOPS_TEST_DATABASE") == "postgres";

    /// <summary>What a silo has to be told to use it; nothing for SQLite.</summary>
    public Dictionary<string, string?> Settings { get; }

    public static async Task<ChosenDatabase> Create()
    {
        if (!IsPostgres)
        {
            return new(null);
        }

        var made = new ChosenDatabase(await PostgresServer.Create());
        await new ConfigurationBuilder().AddInMemoryCollection(made.Settings).Build().MigrateMlOpsStorage(CancellationToken.None);
        return made;
    }

    /// <summary>The database of a data folder that several processes hold one after the other; at the same silo address each time.</summary>
    public static Task<ChosenDatabase> Of(string folder) => ByFolder.GetOrAdd(folder, _ => new(Create)).Value;

    /// <summary>A connection to the catalogue of a data folder, for what no silo would do to it. Embedded, while no silo holds the folder.</summary>
    public async Task<DbConnection> Open(string data)
    {
        DbConnection connection = connectionString is null
            ? new SqliteConnection($"Data Source={Path.Combine(data, "catalogue.db")};Pooling=False")
            : new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        return connection;
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
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
