using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace MlOps.Sqlite;

/// <summary>
/// Brings the file to the version of this program. Each script expands what is there, and as its last statement sets
/// <c>user_version</c> to its own number, in its own transaction.
/// </summary>
internal static partial class SqliteSchema
{
    public static ImmutableArray<SqliteMigration> All { get; } = SqliteMigration.In("MlOps.Sqlite.Schema.");

    public static ImmutableArray<SqliteMigration> InferenceLog { get; } = SqliteMigration.In("MlOps.Sqlite.InferenceSchema.");

    /// <param name="what">What people call the database.</param>
    /// <param name="pageBytes">Of a file without anything in it.</param>
    public static void Bring(string what, SqliteConnection connection, int pageBytes, ImmutableArray<SqliteMigration> migrations, ILogger logger)
    {
        var version = SqliteConnections.Number(connection, "pragma user_version");
        var newest = migrations[^1].Number;
        if (version > newest)
        {
            throw new StorageStartException(
                $"The {what} {connection.DataSource} is of version {version}; this program knows versions up to {newest}. "
                + "It has been used by a newer program: start that one, or restore a backup made before.");
        }

        if (version == 0)
        {
            // Kept in the file, and only while it is empty.
            SqliteConnections.Execute(connection, $"pragma page_size = {pageBytes}; pragma auto_vacuum = incremental");
        }

        // Kept in the file too, but a backup is written without it.
        SqliteConnections.Execute(connection, "pragma journal_mode = wal");

        // Only a file that is behind pays for the migrations library, a tenth of a second.
        if (version < newest)
        {
            LogMigrating(logger, what, version, newest);
            SqliteUpgrade.Run(what, connection, migrations);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Bringing the {What} from version {From} to {To}")]
    private static partial void LogMigrating(ILogger logger, string what, long from, int to);
}

/// <summary>One numbered script.</summary>
internal sealed record SqliteMigration(int Number, string Name, string Resource)
{
    /// <param name="folder">e.g. <c>MlOps.Sqlite.Schema.</c>, of resources like <c>MlOps.Sqlite.Schema.0001-catalogue.sql</c>.</param>
    public static ImmutableArray<SqliteMigration> In(string folder) =>
    [
        .. typeof(SqliteMigration).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(folder, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => Of(folder, name)),
    ];

    public string Text()
    {
        using var stream = typeof(SqliteMigration).Assembly.GetManifestResourceStream(Resource)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static SqliteMigration Of(string folder, string resource)
    {
        var name = Path.GetFileNameWithoutExtension(resource[folder.Length..]);
        return new(int.Parse(name.AsSpan(0, 4), System.Globalization.CultureInfo.InvariantCulture), name, resource);
    }
}
