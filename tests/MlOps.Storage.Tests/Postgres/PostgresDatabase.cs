using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using MlOps.Postgres;
using MlOps.Sql;
using Npgsql;

namespace MlOps.Tests.Postgres;

/// <summary>A catalogue in a database of its own.</summary>
internal sealed class PostgresDatabase : IDisposable
{
    public PostgresDatabase(ImmutableArray<PostgresScript>? scripts = null)
    {
        ConnectionString = PostgresServer.Create().GetAwaiter().GetResult();
        if (scripts is not { IsEmpty: true })
        {
            PostgresUpgrade.Run(ConnectionString, scripts ?? PostgresSchema.All, restored: false, CancellationToken.None).GetAwaiter().GetResult();
        }

        Source = PostgresSource.Serving(ConnectionString);
        Catalogue = new(Source, TimeProvider.System, NullLogger<PostgresCatalogue>.Instance);
    }

    public string ConnectionString { get; }

    public NpgsqlDataSource Source { get; }

    public PostgresCatalogue Catalogue { get; }

    public OrleansDatabase Orleans => new("Npgsql", Source);

    public static StorageUnderTest Storage()
    {
        var database = new PostgresDatabase();
        return new(database.Catalogue, database);
    }

    public StorageUnderTest Stores() => new(Catalogue, this);

    public void Dispose()
    {
        Source.Dispose();
        PostgresServer.Drop(ConnectionString).GetAwaiter().GetResult();
    }
}
