namespace MlOps.Sql;

/// <summary>
/// The database behind the stores, which are written once for all of them: statements in the common SQL of SQLite and PostgreSQL. An
/// adapter brings connections, the schema, a SQL function <c>fold(text)</c> that takes case away, and what is below.
/// </summary>
internal interface ICatalogue
{
    /// <summary>Runs reads that all see the same state.</summary>
    Task<T> Read<T>(Func<SqlSession, Task<T>> work, CancellationToken cancellation);

    /// <summary>
    /// Runs writes as one transaction, durable when this answers; undone when <paramref name="work"/> throws or calls
    /// <see cref="SqlSession.RollBack"/>. Once begun it is not cancelled: its outcome must be known. It may be run again after an attempt
    /// that has been undone as a whole, so it changes nothing outside of the session that the next run would miss.
    /// </summary>
    Task<T> Write<T>(Func<SqlSession, Task<T>> work, CancellationToken cancellation);

    /// <summary>An expression: the number under <paramref name="key"/> of the JSON object in a column; null when it is none.</summary>
    Statement NumberIn(Statement column, string key);

    /// <summary>Gives space of deleted rows back, about a megabyte a time; null where the database does so itself.</summary>
    Statement? Reclaim { get; }
}
