using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using MlOps.Tests.Postgres;
using Xunit;

namespace MlOps.Tests;

/// <summary>A whole silo in this process: Kestrel on a free loopback port, a database and a folder of its own, the child check as in production.</summary>
public class RunningSilo : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("mlops-silo-").FullName;
    private ChosenDatabase? database;
    private WebApplication? app;

    public Uri Address { get; private set; } = null!;

    public string AdminKey { get; private set; } = null!;

    public IServiceProvider Services => app!.Services;

    /// <summary>A client with the admin key.</summary>
    public HttpClient Client { get; private set; } = null!;

    /// <summary>Settings over those of silo.json.</summary>
    protected virtual IEnumerable<KeyValuePair<string, string?>> Settings => [];

    public async ValueTask InitializeAsync()
    {
        database = await ChosenDatabase.Create();
        var settings = new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "silo.json"))
            .AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["Http:Url"] = "http://127.0.0.1:0",
                ["Storage:Data"] = Path.Combine(folder, "data"),
                ["Logging:LogLevel:Default"] = "Warning",
            })
            .AddInMemoryCollection(database.Settings)
            .AddInMemoryCollection(Settings)
            .Build();
        app = SiloHost.Build(SiloConfiguration.Checked(settings), TextWriter.Null);
        await app.StartAsync();
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());
        AdminKey = (await File.ReadAllTextAsync(Path.Combine(folder, "data", "admin.key"))).Trim();
        Client = ClientWith(AdminKey);
    }

    /// <summary>A client that sends this key, or none.</summary>
    public HttpClient ClientWith(string? key)
    {
        var client = new HttpClient { BaseAddress = Address };
        client.DefaultRequestHeaders.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app!.StopAsync();
        await app.DisposeAsync();
        await database!.DisposeAsync();
        Directory.Delete(folder, recursive: true);
        GC.SuppressFinalize(this);
    }
}
