using MlOps.Sql;

namespace MlOps.InferenceLogs;

/// <summary>The database of the inference log. Its stores are written once, in the common SQL of SQLite and PostgreSQL; what differs is here.</summary>
internal interface ILogDatabase : IDatabase
{
    /// <summary>Ends a select whose rows this transaction is going to change: nobody else does meanwhile.</summary>
    Statement ForUpdate { get; }

    /// <summary>Ends a select whose rows this transaction relies on: nobody deletes them meanwhile.</summary>
    Statement ForKeyShare { get; }

    /// <summary>Keys that one statement has at most.</summary>
    int KeysAtOnce { get; }

    /// <summary>
    /// Makes the selects of a reading transaction walk an index in the order that they ask for. Of a day that has just begun a planner has no statistics: it takes a common status for
    /// a rare one, and would read and sort all rows of the day for a page of fifty.
    /// </summary>
    Task WalkInOrder(SqlSession session);

    /// <summary>Whether there is a place for rows of these ids, which then stays until the transaction ends.</summary>
    Task<bool> HasPlace(SqlSession session, IReadOnlyList<LogRow> rows);

    /// <summary>Makes that place. In a transaction of its own, so that none waits for it that does not need it.</summary>
    Task MakePlace(IReadOnlyList<LogRow> rows, CancellationToken cancellation);

    /// <summary>Adds rows to the table, as many at once as it likes.</summary>
    /// <exception cref="RowsRefusedException">For what is in them.</exception>
    Task Insert(SqlSession session, IReadOnlyList<LogRow> rows, RowNumbers numbers);

    /// <summary>Takes some rows away whose time is before an instant, and some of what is counted of them, whole hours first. False when there was nothing.</summary>
    Task<bool> DropRows(DateTimeOffset before, CancellationToken cancellation);
}

/// <summary>What stands in a row for longer ids.</summary>
internal sealed record RowNumbers(int Journal, IReadOnlyDictionary<Deployments.DeploymentId, int> Deployments);
