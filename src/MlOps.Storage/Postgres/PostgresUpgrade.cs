using System.Collections.Immutable;
using DbUp;
using DbUp.Engine;
using DbUp.Postgresql;
using Npgsql;

namespace MlOps.Postgres;

/// <summary>The command <c>migrate</c>: runs the scripts that a database has not seen, each in one transaction, one program at a time.</summary>
internal static class PostgresUpgrade
{
    private const string Lock = "hashtext('mlops migrate')";

    /// <summary>Answers the versions before and after.</summary>
    /// <param name="restored">The database was restored from a backup: it becomes another catalogue, whose epochs are compared with none before.</param>
    /// <exception cref="StorageStartException">It cannot be reached or changed. The message says what to do.</exception>
    public static async Task<(int From, int To)> Run(string connectionString, ImmutableArray<PostgresScript> scripts, bool restored, CancellationToken cancellation)
    {
        try
        {
            await using var source = PostgresSource.Migrating(connectionString);
            await using var connection = await source.OpenConnectionAsync(cancellation);
            var schema = await Check(connection, cancellation);
            // Held until this connection closes. Another migration may take as long as it takes.
            await Execute(connection, $"set lock_timeout = 0; select pg_advisory_lock({Lock})", cancellation);
            var from = await PostgresSchema.Version(connection, cancellation);
            if (from < scripts[^1].Number)
            {
                Upgrade(source, schema, scripts);
            }

            var to = Math.Max(from, scripts[^1].Number);
            await PostgresEdition.Put(connection, to, restored, cancellation);
            return (from, to);
        }
        catch (NpgsqlException cause)
        {
            throw new StorageStartException(
                $"PostgreSQL could not be migrated: {cause.Message} Check Storage:Postgres (MLOPS__Storage__Postgres), and that its role may create tables.", cause);
        }
    }

    private static void Upgrade(NpgsqlDataSource source, string schema, ImmutableArray<PostgresScript> scripts)
    {
        var result = DeployChanges.To
            .PostgresqlDatabase(new PostgresqlConnectionManager(source))
            .WithScripts(scripts.Select(script => new SqlScript(script.Name, script.Text)))
            .WithTransactionPerScript()
            .WithVariablesDisabled()
            .JournalToPostgresqlTable(schema, PostgresSchema.Journal)
            .LogToNowhere()
            .Build()
            .PerformUpgrade();
        if (!result.Successful)
        {
            throw new StorageStartException(
                $"The schema could not be brought up to date: {result.ErrorScript?.Name}: {result.Error.Message} "
                + "Nothing of this step has been changed. When another session held a lock, run migrate again.",
                result.Error);
        }
    }

    // Where tables are made, and what every text of ours asks of a database.
    private static async Task<string> Check(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            "select current_schema(), getdatabaseencoding()::text, exists (select 1 from pg_collation where collname = 'und-x-icu')", connection);
        await using var row = await command.ExecuteReaderAsync(cancellation);
        await row.ReadAsync(cancellation);
        if (row.IsDBNull(0))
        {
            throw new StorageStartException("No schema of the connection's search path exists. Create it, or name another with Search Path= in Storage:Postgres.");
        }

        if (row.GetString(1) != "UTF8")
        {
            throw new StorageStartException($"The database's encoding is {row.GetString(1)}. Create it with encoding 'UTF8': names may be in any language.");
        }

        if (!row.GetBoolean(2) || connection.PostgreSqlVersion.Major < 15)
        {
            throw new StorageStartException($"This server is PostgreSQL {connection.ServerVersion}{(row.GetBoolean(2) ? "" : " without ICU")}. MlOps needs version 15 or newer, with ICU, as packages have it.");
        }

        return row.GetString(0);
    }

    private static async Task Execute(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
