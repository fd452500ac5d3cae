using Microsoft.Extensions.DependencyInjection;
using MlOps.Access;
using MlOps.Drift;
using MlOps.InferenceLogs;
using MlOps.Jobs;
using MlOps.Metrics;
using MlOps.Models;
using MlOps.Predictions;
using MlOps.Projects;
using Orleans.Configuration;

namespace MlOps;

/// <summary>Adds what a silo decides and serves.</summary>
public static class GrainsExtensions
{
    private static readonly TimeSpan LongestChange = TimeSpan.FromSeconds(22);

    /// <summary>
    /// Adds the grains, the replicas of this silo and <see cref="IReplicaHost"/>, <see cref="IKeyRing"/>, <see cref="IJobQueue"/> and <see cref="Predictor"/>. The stores,
    /// <see cref="IModelRuntime"/>, <see cref="IModelChecker"/>, <see cref="BootstrapKey"/> and <see cref="DataFolder"/> come from the host.
    /// </summary>
    public static ISiloBuilder AddMlOpsGrains(this ISiloBuilder silo)
    {
        silo.Services.AddSingleton<ModelCache>();
        silo.Services.AddSingleton<LoadMarkers>();
        silo.Services.AddSingleton<LoadGate>();
        silo.Services.AddSingleton<ModelMemory>();
        silo.Services.AddSingleton<ModelInstruments>();
        silo.Services.AddSingleton<ModelLoader>();
        silo.Services.AddSingleton<RunExecutor>();
        silo.Services.AddSingleton<Admission>();
        silo.Services.AddMlOpsStream();
        silo.Services.AddSingleton<InferenceIds>();
        silo.Services.AddSingleton<InferenceRecorder>();
        silo.Services.AddSingleton<RefusalCounts>();
        silo.Services.AddHostedService<JournalInstruments>();
        silo.Services.AddHostedService<RefusalJournal>();
        silo.Services.AddHostedService<LogRetention>();
        silo.Services.AddHostedService<FeedbackPass>();
        silo.Services.AddSingleton<DeploymentMeter>();
        silo.Services.AddSingleton<PredictionInstruments>();
        silo.Services.AddSingleton<DriftInstruments>();
        silo.Services.AddSingleton<DriftWatch>();
        silo.Services.AddHostedService(provider => provider.GetRequiredService<DriftWatch>());
        silo.Services.AddSingleton<Predictor>();
        silo.Services.AddSingleton<ReplicaLoader>();
        silo.Services.AddSingleton<PreparedReplicas>();
        silo.Services.AddSingleton<ReplicaHost>();
        silo.Services.AddSingleton<IReplicaHost>(provider => provider.GetRequiredService<ReplicaHost>());
        silo.Services.AddSingleton<KeyRing>();
        silo.Services.AddSingleton<IKeyRing>(provider => provider.GetRequiredService<KeyRing>());
        silo.Services.AddSingleton<SiloFanout>();
        silo.Services.AddHostedService<ReplicaStart>();
        silo.Services.AddHostedService<ModelUpkeep>();
        silo.Services.AddSingleton<BaselineWork>();
        silo.Services.AddSingleton<DriftWork>();
        silo.Services.AddSingleton<JobRunner>();
        silo.Services.AddSingleton<IJobQueue>(provider => provider.GetRequiredService<JobRunner>());
        silo.Services.AddHostedService(provider => provider.GetRequiredService<JobRunner>());
        silo.AddGrainService<SiloReplicas>();
        silo.Configure<SiloMessagingOptions>(messaging =>
        {
            messaging.ResponseTimeout = LongestChange;
            messaging.CancelRequestOnTimeout = true;
        });
        return silo;
    }

    /// <summary>Adds the journal of <see cref="DataFolder"/> and what commits it, which needs no silo: a folder may be drained without one. The stores come from the host.</summary>
    public static IServiceCollection AddMlOpsStream(this IServiceCollection services)
    {
        services.AddMetrics();
        services.AddSingleton<FeedbackJoin>();
        services.AddSingleton<CounterCache>();
        services.AddSingleton<StreamCounts>();
        services.AddSingleton<Committer>();
        services.AddSingleton<InferenceStream>();
        services.AddSingleton<IJournalState>(provider => provider.GetRequiredService<InferenceStream>());
        services.AddSingleton<IInferenceJournal>(provider => provider.GetRequiredService<InferenceStream>());
        services.AddHostedService(provider => provider.GetRequiredService<InferenceStream>());
        return services;
    }
}
