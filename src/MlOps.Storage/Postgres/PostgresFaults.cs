using System.Collections.Frozen;
using Npgsql;

namespace MlOps.Postgres;

/// <summary>Which errors of the database pass by themselves, and which of them are worth another try at once.</summary>
internal static class PostgresFaults
{
    // Npgsql has no name for it: the session was in a transaction and silent for too long.
    private const string IdleInTransaction = "25P03";

    // What Npgsql does not call transient, but is for a caller who comes again: the server goes down or comes back as a standby, or a
    // session met one of its own limits.
    private static readonly FrozenSet<string> AlsoPassing = FrozenSet.Create(
        PostgresErrorCodes.AdminShutdown,
        PostgresErrorCodes.CrashShutdown,
        PostgresErrorCodes.DatabaseDropped,
        PostgresErrorCodes.QueryCanceled,
        IdleInTransaction,
        PostgresErrorCodes.ReadOnlySqlTransaction);

    private static readonly FrozenSet<string> Collisions = FrozenSet.Create(PostgresErrorCodes.SerializationFailure, PostgresErrorCodes.DeadlockDetected);

    private static readonly FrozenSet<string> Endings = FrozenSet.Create(
        PostgresErrorCodes.AdminShutdown, PostgresErrorCodes.CrashShutdown, IdleInTransaction);

    /// <summary>Whether the same call may succeed later.</summary>
    public static bool Passes(NpgsqlException cause) => cause.IsTransient || (cause is PostgresException refused && AlsoPassing.Contains(refused.SqlState));

    /// <summary>
    /// Whether a transaction that failed before its commit may succeed at once: it met another one, or a connection that had been lost
    /// while nobody used it. One that took too long is not tried again: its caller has waited enough.
    /// </summary>
    public static bool IsWorthAnotherTry(NpgsqlException cause) => cause switch
    {
        PostgresException refused => Collisions.Contains(refused.SqlState) || Endings.Contains(refused.SqlState),
        _ => cause.IsTransient && cause.InnerException is not TimeoutException,
    };

    /// <summary>Whether the server has answered at all.</summary>
    public static bool IsAnswer(NpgsqlException cause) => cause is PostgresException refused && !Endings.Contains(refused.SqlState)
        && refused.SqlState != PostgresErrorCodes.CannotConnectNow;

    /// <summary>
    /// Whether the error is of what was to be stored, and the same again would meet it again: data exceptions, violated constraints, limits of the program
    /// like the width of an index entry. A disk that is full, and a lock, are none of them.
    /// </summary>
    public static bool IsOfTheData(PostgresException refused) => refused.SqlState is ['2', '2' or '3', ..] or ['5', '4', ..];
}
