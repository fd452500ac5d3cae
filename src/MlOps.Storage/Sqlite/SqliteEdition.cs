using Microsoft.Data.Sqlite;

namespace MlOps.Sqlite;

/// <summary>The row that tells this catalogue from every other one, restored copies of it included.</summary>
internal static class SqliteEdition
{
    private const int Since = 4;

    /// <summary>Puts the row where there is none.</summary>
    public static void Put(SqliteConnection connection)
    {
        if (!IsKept(connection))
        {
            return;
        }

        using var command = connection.CreateCommand();
        command.CommandText =
            """
            insert into catalogue (id, made_us)
            select @id, cast(unixepoch('subsec') * 1000000 as integer) where not exists (select 1 from catalogue)
            """;
        command.Parameters.AddWithValue("@id", Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString("D"));
        command.ExecuteNonQuery();
    }

    /// <summary>Takes the row out of a copy, so that whoever opens it first gives it one of its own.</summary>
    public static void Take(SqliteConnection copy)
    {
        if (IsKept(copy))
        {
            SqliteConnections.Execute(copy, "delete from catalogue");
        }
    }

    private static bool IsKept(SqliteConnection connection) => SqliteConnections.Number(connection, "pragma user_version") >= Since;
}
