using System.Collections.Immutable;
using DbUp;
using DbUp.Engine;
using DbUp.Sqlite.Helpers;
using Microsoft.Data.Sqlite;

namespace MlOps.Sqlite;

/// <summary>Runs the scripts that a file has not seen, each in one transaction.</summary>
internal static class SqliteUpgrade
{
    public static void Run(string what, SqliteConnection connection, ImmutableArray<SqliteMigration> migrations)
    {
        using var shared = new SharedConnection(connection);
        var result = DeployChanges.To
            .SqliteDatabase(shared)
            .WithScripts(migrations.Select(migration => new SqlScript(migration.Name, migration.Text())))
            .WithTransactionPerScript()
            .WithVariablesDisabled()
            .JournalToSqliteTable("schema_versions")
            .LogToNowhere()
            .Build()
            .PerformUpgrade();
        if (!result.Successful)
        {
            throw new StorageStartException(
                $"The {what} {connection.DataSource} could not be brought up to date: {result.ErrorScript?.Name}: {result.Error.Message} "
                + "Nothing of this step has been changed. Check that the disk has room, and start again.",
                result.Error);
        }
    }
}
