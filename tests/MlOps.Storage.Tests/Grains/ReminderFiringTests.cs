using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MlOps.Tests.Postgres;
using MlOps.Tests.Sqlite;

namespace MlOps.Tests.Grains;

/// <summary>A reminder wakes its grain, in the process that set it and in the one after it.</summary>
public sealed class ReminderFiringTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sqlite_Reminder_FiresInThisProcessAndTheNext()
    {
        using var folder = new SqliteFolder();
        await FiresInThisProcessAndTheNext(silo => silo.Services.AddSingleton(folder.Catalogue.Orleans));
    }

    [Fact]
    public async Task Postgres_Reminder_FiresInThisProcessAndTheNext()
    {
        using var database = new PostgresDatabase();
        await FiresInThisProcessAndTheNext(silo => silo.Services.AddSingleton(database.Orleans));
    }

    private static async Task FiresInThisProcessAndTheNext(Action<ISiloBuilder> useDatabase)
    {
        var grain = Guid.NewGuid();
        using (var first = await Start(useDatabase))
        {
            await first.Services.GetRequiredService<IGrainFactory>().GetGrain<IWokenGrain>(grain).WakeOften();
            await Woken(grain);
            await first.StopAsync(Token);
        }

        WokenGrain.Woken.TryRemove(grain, out _);
        using var second = await Start(useDatabase);
        await Woken(grain);
        await second.StopAsync(Token);
    }

    private static async Task<IHost> Start(Action<ISiloBuilder> useDatabase)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(FreePort(), gatewayPort: 0);
            useDatabase(silo);
            silo.UseMlOpsStorage();
            silo.Configure<ReminderOptions>(reminders => reminders.MinimumReminderPeriod = TimeSpan.FromMilliseconds(10));
        });
        var host = builder.Build();
        await host.StartAsync(Token);
        return host;
    }

    private static Task Woken(Guid grain) => WokenGrain.Woken.GetOrAdd(grain, _ => new()).Task.WaitAsync(Token);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

public interface IWokenGrain : IGrainWithGuidKey
{
    Task WakeOften();
}

public sealed class WokenGrain : Grain, IWokenGrain, IRemindable
{
    public static ConcurrentDictionary<Guid, TaskCompletionSource> Woken { get; } = new();

    public Task WakeOften() => this.RegisterOrUpdateReminder("often", TimeSpan.Zero, TimeSpan.FromMilliseconds(100));

    public Task ReceiveReminder(string reminderName, Orleans.Runtime.TickStatus status)
    {
        Woken.GetOrAdd(this.GetPrimaryKey(), _ => new()).TrySetResult();
        return Task.CompletedTask;
    }
}
