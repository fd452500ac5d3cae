using MlOps.Access;
using MlOps.Drift;
using MlOps.InferenceLogs;
using MlOps.Jobs;
using MlOps.Models;
using MlOps.Predictions;
using MlOps.Telemetry;

namespace MlOps;

/// <summary>Composes one silo from its settings: HTTP, grains, ONNX Runtime, and SQLite or PostgreSQL.</summary>
internal static class SiloHost
{
    // A drain and the longest change end within it.
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(45);

    /// <param name="settings">Checked settings (<see cref="SiloConfiguration"/>).</param>
    /// <param name="output">Where the owner is told the address, and once the admin key.</param>
    /// <param name="change">Last word on what it is made of, for measuring and for proving tests.</param>
    public static WebApplication Build(IConfiguration settings, TextWriter output, Action<IServiceCollection>? change = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "MlOps" });
        builder.Configuration.AddConfiguration(settings);
        builder.Logging.AddConfiguration(settings.GetSection(LogOptions.Section)).AddSimpleConsole(console => console.SingleLine = true);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = LongestStop);
        builder.WebHost.UseKestrelCore();
        builder.Services.AddOptions<ClusterOptions>().BindConfiguration(ClusterOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddOptions<HttpOptions>().BindConfiguration(HttpOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddOptions<ModelOptions>().BindConfiguration(ModelOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddOptions<InferenceLogOptions>().BindConfiguration(InferenceLogOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddOptions<DriftOptions>().BindConfiguration(DriftOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddOptions<JobOptions>().BindConfiguration(JobOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddOptions<PredictionOptions>().BindConfiguration(PredictionOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddOptions<TelemetryOptions>().BindConfiguration(TelemetryOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(services => AdminKey.Of(services.GetRequiredService<DataFolder>()));
        builder.Services.AddSingleton(services => new BootstrapKey(services.GetRequiredService<AdminKey>().Value));
        builder.Services.AddMlOpsStorage(settings);
        builder.Services.AddMlOpsOnnx();
        var clustered = settings.IsClustered();
        var url = settings[$"{HttpOptions.Section}:{nameof(HttpOptions.Url)}"];
        builder.Host.UseOrleans(silo => (clustered ? silo.PlaceInCluster() : silo.PlaceAlone(url)).UseMlOpsStorage().AddMlOpsGrains());
        builder.Services.AddMlOpsWeb(alone: !clustered);

        change?.Invoke(builder.Services);
        var app = builder.Build();
        app.MapMlOps();
        app.Lifetime.ApplicationStarted.Register(() => Announcement.Write(app, output));
        return app;
    }
}
