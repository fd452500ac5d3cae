using Orleans.Configuration;

namespace MlOps.Sqlite;

/// <summary>How Orleans keeps grain state in the catalogue.</summary>
internal static class SqliteGrainStorage
{
    // Orleans' word for SQLite; what it loads by it is Microsoft.Data.Sqlite.
    private const string Invariant = "System.Data.SQLite";

    public static void Configure(AdoNetGrainStorageOptions options, SqliteCatalogue catalogue)
    {
        options.Invariant = Invariant;
        options.DataSource = catalogue.Connections;
    }
}
