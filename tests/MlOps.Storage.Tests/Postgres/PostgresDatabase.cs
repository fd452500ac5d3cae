using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using MlOps.Postgres;
using MlOps.Sql;
using MlOps.Tests.InferenceLogs;
using Npgsql;

namespace MlOps.Tests.Postgres;

/// <summary>A catalogue in a database of its own.</summary>
internal sealed class PostgresDatabase : IDisposable
{
    public PostgresDatabase(ImmutableArray<PostgresScript>? scripts = null)
    {
        ConnectionString = (scripts is null ? PostgresServer.CreateMigrated() : PostgresServer.Create()).GetAwaiter().GetResult();
        if (scripts is { IsEmpty: false } some)
        {
            PostgresUpgrade.Run(ConnectionString, some, restored: false, CancellationToken.None).GetAwaiter().GetResult();
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

    /// <summary>The inference log in such a database.</summary>
    public static CommittedLog Log()
    {
        var database = new PostgresDatabase();
        return new(new PostgresLog(database.Catalogue), $"alter table inference_rows add constraint no_thirteen check (external_id <> '13')", database);
    }

    public StorageUnderTest Stores() => new(Catalogue, this);

    public void Dispose()
    {
        Source.Dispose();
        PostgresServer.Drop(ConnectionString).GetAwaiter().GetResult();
    }
}
