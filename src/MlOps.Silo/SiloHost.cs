using System.Net;
using System.Net.Sockets;
using MlOps.Access;
using MlOps.Jobs;
using MlOps.Models;
using MlOps.Predictions;

namespace MlOps;

/// <summary>Composes one silo with everything embedded: HTTP, grains, ONNX Runtime, SQLite.</summary>
internal static class SiloHost
{
    // A drain and the longest change end within it.
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(45);

    /// <param name="settings">Checked settings (<see cref="SiloConfiguration"/>).</param>
    /// <param name="output">Where the owner is told the address, and once the admin key.</param>
    public static WebApplication Build(IConfiguration settings, TextWriter output)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "MlOps" });
        builder.Configuration.AddConfiguration(settings);
        builder.Logging.AddConfiguration(settings.GetSection(LogOptions.Section)).AddSimpleConsole(console => console.SingleLine = true);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = LongestStop);
        builder.WebHost.UseKestrelCore();
        builder.Services.AddOptions<HttpOptions>().BindConfiguration(HttpOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddOptions<ModelOptions>().BindConfiguration(ModelOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddOptions<JobOptions>().BindConfiguration(JobOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddOptions<PredictionOptions>().BindConfiguration(PredictionOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(services => AdminKey.Of(services.GetRequiredService<DataFolder>()));
        builder.Services.AddSingleton(services => new BootstrapKey(services.GetRequiredService<AdminKey>().Value));
        builder.Services.AddMlOpsStorage(settings);
        builder.Services.AddMlOpsOnnx();
        builder.Host.UseOrleans(silo => silo.UseLocalhostClustering(FreePort(), gatewayPort: 0).UseMlOpsStorage().AddMlOpsGrains());
        builder.Services.AddMlOpsWeb(alone: true);

        var app = builder.Build();
        app.MapMlOps();
        app.Lifetime.ApplicationStarted.Register(() => Announcement.Write(app, output));
        return app;
    }

    // One silo alone: nobody else has to find it, so any free port will do.
    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
