using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MlOps.Access;
using MlOps.Deployments;
using MlOps.InferenceLogs;
using MlOps.Jobs;
using MlOps.Metrics;
using MlOps.Models;
using MlOps.Predictions;
using MlOps.Projects;
using MlOps.Tests.Postgres;
using Orleans.TestingHost;
using Xunit;

namespace MlOps.Tests;

/// <summary>Silos in this process over one real catalogue in a folder of its own, with models whose runs the test decides.</summary>
public sealed class SiloCluster : IAsyncDisposable
{
    private static readonly Type[] Stores =
    [
        typeof(IProjectStore), typeof(IDeploymentStore), typeof(IModelStore), typeof(IJobStore), typeof(IApiKeyStore), typeof(IIdempotencyStore),
        typeof(IInferenceStore), typeof(IInferenceReader), typeof(IFeedbackStore),
    ];

    /// <summary>One number in, one number out.</summary>
    internal static readonly ModelSignature Signature = new(
        [new InputSpec("X", ElementType.Float, 2, 1, [0], null)],
        [new FeatureSpec("x", FeatureType.Numeric, false, null, default, false, null, 0, 0)],
        new OutputSpec(ModelTask.Regression, null, [], ["y"], [], 1, false, ScoreKind.Value, [], null, []),
        false);

    private readonly string folder;
    private readonly ChosenDatabase database;
    private readonly IHost storage;
    private readonly InProcessTestCluster cluster;

    private SiloCluster(string folder, ChosenDatabase database, IHost storage, InProcessTestCluster cluster, ScriptedRuntime runtime)
    {
        (this.folder, this.database, this.storage, this.cluster, Runtime) = (folder, database, storage, cluster, runtime);
    }

    public ScriptedRuntime Runtime { get; }

    public IGrainFactory Grains => cluster.Client;

    public IReadOnlyList<IServiceProvider> Silos => [.. cluster.Silos.Select(silo => silo.ServiceProvider)];

    public T Store<T>()
        where T : notnull => storage.Services.GetRequiredService<T>();

    public IReplicaHost Replicas(int silo = 0) => Silos[silo].GetRequiredService<IReplicaHost>();

    public static async Task<SiloCluster> Start(
        int silos = 1,
        Action<PredictionOptions>? predictions = null,
        Action<ModelOptions>? models = null,
        Action<JobOptions>? jobs = null,
        Func<IProjectStore, IProjectStore>? projects = null,
        Action<ISiloBuilder>? change = null)
    {
        var folder = Directory.CreateTempSubdirectory("mlops-grains-").FullName;
        var database = await ChosenDatabase.Create();
        var host = Host.CreateEmptyApplicationBuilder(null);
        host.Configuration.AddInMemoryCollection(database.Settings).AddInMemoryCollection([new("Storage:Data", Path.Combine(folder, "data"))]);
        host.Services.AddLogging();
        host.Services.AddMlOpsStorage(host.Configuration);
        var storage = host.Build();
        await storage.StartAsync(TestContext.Current.CancellationToken);
        var runtime = new ScriptedRuntime();
        var number = 0;
        var builder = new InProcessTestClusterBuilder((short)silos);
        builder.ConfigureSilo((_, silo) =>
        {
            foreach (var store in Stores)
            {
                silo.Services.AddSingleton(store, _ => storage.Services.GetRequiredService(store));
            }

            if (projects is not null)
            {
                silo.Services.AddSingleton(projects(storage.Services.GetRequiredService<IProjectStore>()));
            }

            var own = Path.Combine(folder, $"silo-{Interlocked.Increment(ref number)}");
            Directory.CreateDirectory(own);
            silo.Services.AddSingleton(new DataFolder(own));
            silo.Services.AddSingleton(new BootstrapKey("the-key-of-the-owner"));
            silo.Services.AddSingleton(TimeProvider.System);
            silo.Services.AddSingleton<IModelRuntime>(runtime);
            silo.Services.AddSingleton<IModelChecker>(runtime);
            silo.Services.AddOptions<ModelOptions>().Configure(options => models?.Invoke(options));
            silo.Services.AddOptions<JobOptions>().Configure(options => jobs?.Invoke(options));
            silo.Services.AddOptions<PredictionOptions>().Configure(options => predictions?.Invoke(options));
            silo.AddMlOpsGrains();
            change?.Invoke(silo);
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return new SiloCluster(folder, database, storage, cluster, runtime);
    }

    /// <summary>A project in the catalogue.</summary>
    public async Task<ProjectId> Project()
    {
        var project = new Project(ProjectId.New(TimeProvider.System.GetUtcNow()), "test", null, 0, TimeProvider.System.GetUtcNow());
        await Store<IProjectStore>().Create(project, null, TestContext.Current.CancellationToken);
        return project.Id;
    }

    /// <summary>A model in the catalogue: one number in, one number out; its name tells <see cref="ScriptedRuntime"/> what it does.</summary>
    public async Task<ModelId> Model(ProjectId project, string name = "doubles")
    {
        var now = TimeProvider.System.GetUtcNow();
        var file = Path.Combine(folder, $"{Guid.NewGuid():N}.onnx");
        await File.WriteAllTextAsync(file, name, TestContext.Current.CancellationToken);
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken)));
        var model = new RegisteredModel(
            ModelId.New(now), project, name, "GBM", hash, [new ModelPart(PartKind.Graph, "model.onnx", hash, name.Length)], Signature, null,
            "{}", "{}", """{"inputs": {"x": 1}}""", null, [], now);
        var registered = new TimelineEvent(Guid.CreateVersion7(now), now, "tester", "model_registered", null, model.Id, null, null);
        Assert.True(await Store<IModelStore>().Add(model, new Dictionary<string, string> { [hash] = file }, registered, null, TestContext.Current.CancellationToken));
        return model.Id;
    }

    public IProjectGrain Lifecycle(ProjectId project) => Grains.GetGrain<IProjectGrain>(project.Value);

    public static DeploymentId NewId() => DeploymentId.New(TimeProvider.System.GetUtcNow());

    public static DeploymentSpec Spec(ModelId model, string name = "d") => new(model, name, 100, false, PrivacySettings.None, null);

    public static DeploymentSpec Canary(ModelId model, int percent) => new(model, "canary", percent, true, PrivacySettings.None, null);

    public static ChangeRequest Request(string? idempotencyKey = null, string hash = "hash") => new(
        BootstrapKey.Caller,
        idempotencyKey is null ? null : new IdempotencyEntry(new IdempotencyKey(BootstrapKey.Caller.Key, "/path", idempotencyKey), hash, "", TimeProvider.System.GetUtcNow()));

    public async ValueTask DisposeAsync()
    {
        await cluster.DisposeAsync();
        await storage.StopAsync();
        storage.Dispose();
        await database.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
