using Npgsql;

namespace MlOps.Postgres;

/// <summary>The row that tells this catalogue from every other one, restored copies of it included.</summary>
internal static class PostgresEdition
{
    private const int Since = 4;

    /// <summary>Puts the row where there is none; in place of the one that is there when the database was restored.</summary>
    public static async Task Put(NpgsqlConnection connection, int version, bool restored, CancellationToken cancellation)
    {
        if (version < Since)
        {
            return;
        }

        await using var command = new NpgsqlCommand(
            """
            with gone as (delete from catalogue where @restored)
            insert into catalogue (id, made_us)
            select @id, (extract(epoch from clock_timestamp()) * 1000000)::bigint where @restored or not exists (select 1 from catalogue)
            """,
            connection);
        command.Parameters.AddWithValue("restored", restored);
        command.Parameters.AddWithValue("id", Guid.CreateVersion7(TimeProvider.System.GetUtcNow()));
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
