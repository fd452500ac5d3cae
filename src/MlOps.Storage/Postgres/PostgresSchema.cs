using System.Collections.Immutable;
using System.Globalization;
using Npgsql;

namespace MlOps.Postgres;

/// <summary>The numbered scripts of this program, each of which only expands what is there, and the version that a database is of.</summary>
internal static class PostgresSchema
{
    /// <summary>The table of the scripts that have been run.</summary>
    public const string Journal = "schema_versions";

    private const string Folder = "MlOps.Postgres.Schema.";

    public static ImmutableArray<PostgresScript> All { get; } =
    [
        .. typeof(PostgresSchema).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Folder, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => PostgresScript.Of(Path.GetFileNameWithoutExtension(name[Folder.Length..]), Text(name))),
    ];

    /// <summary>The number of the last script that has been run; 0 when none has.</summary>
    public static async Task<int> Version(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var known = new NpgsqlCommand($"select to_regclass('{Journal}') is not null", connection);
        if (!(bool)(await known.ExecuteScalarAsync(cancellation))!)
        {
            return 0;
        }

        await using var newest = new NpgsqlCommand($"select coalesce(max(left(scriptname, 4)::integer), 0) from {Journal}", connection);
        return (int)(await newest.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>A program serves its own version, and the next one, so that the silos of a cluster can be replaced one after the other.</summary>
    /// <exception cref="StorageStartException">It is another one. The message says what to do.</exception>
    public static void CheckServable(int version, int newest)
    {
        if (version == 0)
        {
            throw new StorageStartException("The database has no schema of MlOps yet. Run the command migrate first (-- migrate), then start again.");
        }

        if (version < newest)
        {
            throw new StorageStartException(
                $"The database's schema is of version {version}; this program needs {newest}. Run its command migrate (-- migrate), then start again: "
                + "programs of the version before go on serving meanwhile.");
        }

        if (version > newest + 1)
        {
            throw new StorageStartException(
                $"The database's schema is of version {version}; this program serves {newest} and {newest + 1}. Start a newer program.");
        }
    }

    private static string Text(string resource)
    {
        using var stream = typeof(PostgresSchema).Assembly.GetManifestResourceStream(resource)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}

/// <summary>One numbered script.</summary>
internal sealed record PostgresScript(int Number, string Name, string Text)
{
    /// <param name="name">e.g. <c>0001-catalogue</c>.</param>
    public static PostgresScript Of(string name, string text) => new(int.Parse(name.AsSpan(0, 4), CultureInfo.InvariantCulture), name, text);
}
