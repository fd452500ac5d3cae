using System.Data.Common;
using Npgsql;

namespace MlOps.Postgres;

/// <summary>
/// The one source of this process's connections, for the stores and Orleans alike. Each session limits itself, so that neither a client
/// that is cut off in a transaction nor a statement that waits keeps rows from everyone else.
/// </summary>
internal static class PostgresSource
{
    private const string Session =
        "-c statement_timeout=5s -c lock_timeout=4s -c idle_in_transaction_session_timeout=10s "
        + "-c tcp_keepalives_idle=4 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3 -c tcp_user_timeout=10s -c timezone=UTC "
        // Compiling a plan takes longer than any statement of ours runs.
        + "-c jit=off";

    // A migration may rewrite a table for hours; what it must not do is wait for a lock, with everyone who comes later waiting behind it.
    private const string Migration = "-c statement_timeout=0 -c lock_timeout=10s -c timezone=UTC";

    public static NpgsqlDataSource Serving(string connectionString) => Open(connectionString, Session, TimeSpan.FromSeconds(10));

    public static NpgsqlDataSource Migrating(string connectionString) => Open(connectionString, Migration, TimeSpan.Zero);

    /// <exception cref="StorageStartException">The text is no connection string.</exception>
    private static NpgsqlDataSource Open(string connectionString, string session, TimeSpan commandTimeout)
    {
        try
        {
            var given = new DbConnectionStringBuilder { ConnectionString = connectionString };
            var settings = new NpgsqlConnectionStringBuilder(connectionString);
            // What the owner says last, counts.
            settings.Options = $"{session} {settings.Options}".TrimEnd();
            settings.TcpKeepAlive = true;
            settings.TcpKeepAliveTime = 4;
            settings.TcpKeepAliveInterval = 2;
            settings.Timeout = Has(given, "Timeout") ? settings.Timeout : 5;
            settings.CommandTimeout = Has(given, "Command Timeout", "CommandTimeout") ? settings.CommandTimeout : (int)commandTimeout.TotalSeconds;
            settings.ApplicationName ??= "mlops";
            return NpgsqlDataSource.Create(settings);
        }
        catch (Exception wrong) when (wrong is ArgumentException or FormatException or InvalidCastException)
        {
            throw new StorageStartException(
                $"Storage:Postgres is no connection string: {wrong.Message} It looks like Host=127.0.0.1;Database=mlops;Username=mlops;Password=…", wrong);
        }
    }

    private static bool Has(DbConnectionStringBuilder given, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (given.ContainsKey(name))
            {
                return true;
            }
        }

        return false;
    }
}
