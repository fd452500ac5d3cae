using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace MlOps.Sqlite;

/// <summary>
/// Brings the file to the version of this program. Each script expands what is there, and as its last statement sets
/// <c>user_version</c> to its own number, in its own transaction.
/// </summary>
internal static partial class SqliteSchema
{
    public static ImmutableArray<SqliteMigration> All { get; } =
    [
        .. typeof(SqliteSchema).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(SqliteMigration.Folder, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(SqliteMigration.Of),
    ];

    public static void Bring(SqliteConnections connections, ImmutableArray<SqliteMigration> migrations, ILogger logger)
    {
        using var connection = connections.OpenWriter();
        var version = SqliteConnections.Number(connection, "pragma user_version");
        var newest = migrations[^1].Number;
        if (version > newest)
        {
            throw new StorageStartException(
                $"The catalogue {connection.DataSource} is of version {version}; this program knows versions up to {newest}. "
                + "It has been used by a newer program: start that one, or restore a backup made before.");
        }

        if (version == 0)
        {
            // Kept in the file, and only while it is empty.
            SqliteConnections.Execute(connection, "pragma auto_vacuum = incremental");
        }

        // Kept in the file too, but a backup is written without it.
        SqliteConnections.Execute(connection, "pragma journal_mode = wal");

        // Only a file that is behind pays for the migrations library, a tenth of a second.
        if (version < newest)
        {
            LogMigrating(logger, version, newest);
            SqliteUpgrade.Run(connection, migrations);
        }

        SqliteEdition.Put(connection);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Bringing the catalogue from version {From} to {To}")]
    private static partial void LogMigrating(ILogger logger, long from, int to);
}

/// <summary>One numbered script.</summary>
internal sealed record SqliteMigration(int Number, string Name, string Resource)
{
    public const string Folder = "MlOps.Sqlite.Schema.";

    /// <param name="resource">e.g. <c>MlOps.Sqlite.Schema.0001-catalogue.sql</c>.</param>
    public static SqliteMigration Of(string resource)
    {
        var name = Path.GetFileNameWithoutExtension(resource[Folder.Length..]);
        return new(int.Parse(name.AsSpan(0, 4), System.Globalization.CultureInfo.InvariantCulture), name, resource);
    }

    public string Text()
    {
        using var stream = typeof(SqliteMigration).Assembly.GetManifestResourceStream(Resource)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
