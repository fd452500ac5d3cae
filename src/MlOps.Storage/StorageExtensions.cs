using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MlOps.Access;
using MlOps.Deployments;
using MlOps.InferenceLogs;
using MlOps.Jobs;
using MlOps.Metrics;
using MlOps.Models;
using MlOps.Postgres;
using MlOps.Projects;
using MlOps.Sql;
using MlOps.Sqlite;
using Npgsql;
using Orleans.Configuration;
using Orleans.Serialization;

namespace MlOps;

/// <summary>What a silo keeps durably.</summary>
public static class StorageExtensions
{
    /// <summary>
    /// Adds <see cref="DataFolder"/>, held by this process from when it is first asked for, and the stores. The first of them opens the
    /// embedded catalogue and brings its schema up to date; PostgreSQL is waited for when the host starts. Both may throw <see cref="StorageStartException"/>, at the latest when the host starts.
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
        if (configuration.PostgresConnection() is { } connection)
        {
            services.AddPostgres(connection);
        }
        else
        {
            services.AddSqlite();
        }

        services.AddSingleton<ModelFiles>();
        services.AddSingleton<FileSweep>();
        services.AddSingleton<IProjectStore, ProjectStore>();
        services.AddSingleton<IDeploymentStore, DeploymentStore>();
        services.AddSingleton<IModelStore, ModelStore>();
        services.AddSingleton<IJobStore, JobStore>();
        services.AddSingleton<IApiKeyStore, ApiKeyStore>();
        services.AddSingleton<IIdempotencyStore, IdempotencyStore>();
        services.AddSingleton<IInferenceStore, InferenceStore>();
        services.AddSingleton<IInferenceReader, InferenceReader>();
        services.AddSingleton<IFeedbackStore, FeedbackStore>();
        services.AddHostedService<Upkeep>();
        return services;
    }

    /// <summary>Whether these settings name a PostgreSQL, which several silos can share.</summary>
    public static bool IsClustered(this IConfiguration configuration) => configuration.PostgresConnection() is not null;

    /// <summary>The command <c>migrate</c>: brings the PostgreSQL of these settings to this program's schema. Answers what it has done, for its owner.</summary>
    /// <exception cref="StorageStartException">It could not be done.</exception>
    public static async Task<string> MigrateMlOpsStorage(this IConfiguration configuration, CancellationToken cancellation, bool restored = false)
    {
        var connection = configuration.PostgresConnection() ?? throw new StorageStartException(
            "There is no PostgreSQL to migrate: name it with MLOPS__Storage__Postgres. The embedded catalogue migrates itself when it is opened.");
        var (from, to) = await PostgresUpgrade.Run(connection, PostgresSchema.All, restored, cancellation);
        return (from == to ? $"The schema is of version {to}: nothing to do." : $"The schema has been brought from version {from} to {to}.")
            + (restored ? " The database is another edition of the catalogue from now on." : "");
    }

    /// <summary>
    /// Makes the catalogue's database the default store of grain state, as JSON without type names, and the one of reminders. Needs
    /// <see cref="AddMlOpsStorage"/>.
    /// </summary>
    public static ISiloBuilder UseMlOpsStorage(this ISiloBuilder silo)
    {
        silo.UseSystemTextJsonGrainStorageSerializer();
        silo.Services.Configure<SystemTextJsonGrainStorageSerializerOptions>(json =>
        {
            json.JsonSerializerOptions.Converters.Add(new ExactScalarConverter());
            json.JsonSerializerOptions.Converters.Add(new ExactArrayConverter());
        });
        silo.AddAdoNetGrainStorageAsDefault(storage => storage.Configure<OrleansDatabase>(
            (options, database) => (options.Invariant, options.DataSource) = (database.Invariant, database.Source)));
        return silo.UseAdoNetReminderService((OptionsBuilder<AdoNetReminderTableOptions> reminders) => reminders.Configure<OrleansDatabase>(
            (options, database) => (options.Invariant, options.DataSource) = (database.Invariant, database.Source)));
    }

    /// <summary>Makes the catalogue's database, which must be PostgreSQL, the place where silos find each other.</summary>
    public static ISiloBuilder UseMlOpsMembership(this ISiloBuilder silo) =>
        silo.UseAdoNetClustering((OptionsBuilder<AdoNetClusteringSiloOptions> membership) => membership.Configure<OrleansDatabase>(
            (options, database) => (options.Invariant, options.DataSource) = (database.Invariant, database.Source)));

    private static string? PostgresConnection(this IConfiguration configuration) =>
        configuration[$"{StorageOptions.Section}:{nameof(StorageOptions.Postgres)}"] is { } connection && !string.IsNullOrWhiteSpace(connection) ? connection : null;

    private static void AddSqlite(this IServiceCollection services)
    {
        services.AddSingleton(provider => SqliteCatalogue.Open(
            provider.GetRequiredService<DataFolder>(), SqliteSchema.All, provider.GetRequiredService<ILogger<SqliteCatalogue>>()));
        services.AddSingleton<ICatalogue>(provider => provider.GetRequiredService<SqliteCatalogue>());
        services.AddSingleton(provider => provider.GetRequiredService<SqliteCatalogue>().Orleans);
        services.AddSingleton<ILogDatabase>(provider => SqliteLog.Open(provider.GetRequiredService<DataFolder>(), provider.GetRequiredService<ILogger<SqliteLog>>()));
    }

    private static void AddPostgres(this IServiceCollection services, string connection)
    {
        services.AddSingleton(_ => PostgresSource.Serving(connection));
        services.AddSingleton<PostgresCatalogue>();
        services.AddSingleton<ICatalogue>(provider => provider.GetRequiredService<PostgresCatalogue>());
        services.AddSingleton<ILogDatabase, PostgresLog>();
        services.AddSingleton(provider => new OrleansDatabase("Npgsql", provider.GetRequiredService<NpgsqlDataSource>()));
        services.AddHostedService(provider => new PostgresStart(
            provider.GetRequiredService<NpgsqlDataSource>(),
            PostgresSchema.All[^1].Number,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<PostgresStart>>()));
    }
}
