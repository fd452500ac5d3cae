using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MlOps.Access;
using MlOps.Deployments;
using MlOps.Jobs;
using MlOps.Models;
using MlOps.Projects;
using MlOps.Sql;
using MlOps.Sqlite;
using Orleans.Serialization;

namespace MlOps;

/// <summary>What a silo keeps durably.</summary>
public static class StorageExtensions
{
    /// <summary>
    /// Adds <see cref="DataFolder"/>, held by this process from when it is first asked for, and the stores. The first of them opens the
    /// catalogue and brings its schema up to date; both may throw <see cref="StorageStartException"/>, at the latest when the host starts.
    /// </summary>
    public static IServiceCollection AddMlOpsStorage(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<StorageOptions>()
            .Bind(configuration.GetSection(StorageOptions.Section), binder => binder.ErrorOnUnknownConfiguration = true)
            .Validate(options => !string.IsNullOrWhiteSpace(options.Data), "Storage:Data is the path of the data folder; it cannot be empty.")
            .ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => DataFolderLock.Take(provider.GetRequiredService<IOptions<StorageOptions>>().Value.Data));
        services.AddSingleton(provider => provider.GetRequiredService<DataFolderLock>().Folder);
        services.AddSingleton(provider => SqliteCatalogue.Open(
            provider.GetRequiredService<DataFolder>(), SqliteSchema.All, provider.GetRequiredService<ILogger<SqliteCatalogue>>()));
        services.AddSingleton<ICatalogue>(provider => provider.GetRequiredService<SqliteCatalogue>());
        services.AddSingleton<ModelFiles>();
        services.AddSingleton<FileSweep>();
        services.AddSingleton<IProjectStore, ProjectStore>();
        services.AddSingleton<IDeploymentStore, DeploymentStore>();
        services.AddSingleton<IModelStore, ModelStore>();
        services.AddSingleton<IJobStore, JobStore>();
        services.AddSingleton<IApiKeyStore, ApiKeyStore>();
        services.AddSingleton<IIdempotencyStore, IdempotencyStore>();
        services.AddHostedService<Upkeep>();
        return services;
    }

    /// <summary>Makes the catalogue the default store of grain state, as JSON without type names. Needs <see cref="AddMlOpsStorage"/>.</summary>
    public static ISiloBuilder UseMlOpsStorage(this ISiloBuilder silo)
    {
        silo.UseSystemTextJsonGrainStorageSerializer();
        silo.Services.Configure<SystemTextJsonGrainStorageSerializerOptions>(json =>
        {
            json.JsonSerializerOptions.Converters.Add(new ExactScalarConverter());
            json.JsonSerializerOptions.Converters.Add(new ExactArrayConverter());
        });
        return silo.AddAdoNetGrainStorageAsDefault(storage => storage.Configure<SqliteCatalogue>(SqliteGrainStorage.Configure));
    }
}
