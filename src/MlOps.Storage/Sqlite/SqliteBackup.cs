using Microsoft.Data.Sqlite;

namespace MlOps.Sqlite;

/// <summary>Copies a database that others may be writing to.</summary>
internal static class SqliteBackup
{
    private const int SecondsToWait = 30;

    /// <param name="copy">An empty file. It gets what one moment's reader sees, in one file without a log beside it, and without what was deleted.</param>
    /// <exception cref="BackupException">The copy is not sound, so neither is its source.</exception>
    public static void Copy(string source, string copy)
    {
        using (var connection = Open(source))
        {
            using var command = connection.CreateCommand();
            command.CommandText = "vacuum into @copy";
            command.Parameters.AddWithValue("@copy", copy);
            command.ExecuteNonQuery();
        }

        using var written = Open(copy);
        SqliteEdition.Take(written);
        using var check = written.CreateCommand();
        check.CommandText = "pragma quick_check(1)";
        if (check.ExecuteScalar() is not "ok")
        {
            throw new BackupException($"The catalogue {source} is damaged: a copy of it does not pass SQLite's check. Keep the file, and restore an earlier backup.");
        }
    }

    // Not made when it is missing, and no more than a reader of the source: the silo that holds the data folder goes on writing.
    private static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWrite,
            Pooling = false,
            DefaultTimeout = SecondsToWait,
        }.ToString());
        connection.Open();
        return connection;
    }
}
