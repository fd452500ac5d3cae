namespace MlOps.Sql;

/// <summary>Transactions of a database.</summary>
internal interface IDatabase
{
    /// <summary>Runs reads that all see the same state.</summary>
    Task<T> Read<T>(Func<SqlSession, Task<T>> work, CancellationToken cancellation);

    /// <summary>
    /// Runs writes as one transaction, durable when this answers; undone when <paramref name="work"/> throws or calls
    /// <see cref="SqlSession.RollBack"/>. Once begun it is not cancelled: its outcome must be known. It may be run again after an attempt
    /// that has been undone as a whole, so it changes nothing outside of the session that the next run would miss.
    /// </summary>
    Task<T> Write<T>(Func<SqlSession, Task<T>> work, CancellationToken cancellation);
}
