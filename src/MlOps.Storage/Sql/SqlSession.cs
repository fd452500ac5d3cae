using System.Collections.Immutable;
using System.Data.Common;

namespace MlOps.Sql;

/// <summary>One transaction under way.</summary>
/// <param name="bind">Makes the adapter's parameter of a value.</param>
/// <param name="exclusive">The statement that takes a lock until the transaction ends; null where there is one writer anyway.</param>
/// <param name="longer">How a transaction gets more time for its statements; null where they have no limit.</param>
internal sealed class SqlSession(
    DbConnection connection, DbTransaction transaction, Action<DbCommand, string, object?> bind, Func<CatalogueLock, Statement>? exclusive = null, LongerStatements? longer = null)
{
    private TimeSpan atLeast;

    /// <summary>For what only one adapter does, within the same transaction.</summary>
    public DbConnection Connection => connection;

    public DbTransaction Transaction => transaction;

    /// <summary>Whether nothing of this transaction shall stay.</summary>
    public bool IsRolledBack { get; private set; }

    public void RollBack() => IsRolledBack = true;

    /// <summary>
    /// Waits until no other transaction is between this and its end; its next statements see what those have done. A project's row is taken
    /// before, never after.
    /// </summary>
    public Task Alone(CatalogueLock what) => exclusive is null ? Task.CompletedTask : Execute(exclusive(what));

    /// <summary>For a transaction of a job: nobody waits for its answer, and given up it would only be done again. Its statements may take longer; for locks they wait no longer than others.</summary>
    public async Task TakeTime()
    {
        if (longer is not null)
        {
            await Execute(longer.Allow);
            atLeast = longer.ClientWaits;
        }
    }

    /// <summary>Answers the number of rows changed.</summary>
    public async Task<int> Execute(Statement statement)
    {
        await using var command = Command(statement);
        return await command.ExecuteNonQueryAsync();
    }

    public async Task<ImmutableArray<T>> All<T>(Statement statement, Func<DbDataReader, T> read)
    {
        await using var command = Command(statement);
        await using var rows = await command.ExecuteReaderAsync();
        var all = ImmutableArray.CreateBuilder<T>();
        while (await rows.ReadAsync())
        {
            all.Add(read(rows));
        }

        return all.ToImmutable();
    }

    /// <summary>The first row, or null when there is none.</summary>
    public async Task<T?> First<T>(Statement statement, Func<DbDataReader, T> read)
        where T : class
    {
        await using var command = Command(statement);
        await using var rows = await command.ExecuteReaderAsync();
        return await rows.ReadAsync() ? read(rows) : null;
    }

    /// <summary>The first column of the first row, or null when there is no row or it is null.</summary>
    public async Task<long?> Number(Statement statement)
    {
        await using var command = Command(statement);
        await using var rows = await command.ExecuteReaderAsync();
        return await rows.ReadAsync() && !await rows.IsDBNullAsync(0) ? rows.GetInt64(0) : null;
    }

    /// <summary>A part of a list and how long the whole is.</summary>
    /// <param name="from">The clauses from <c>from</c> to <c>where</c>.</param>
    public async Task<Page<T>> Page<T>(Statement columns, Statement from, Statement order, PageRequest page, Func<DbDataReader, T> read)
    {
        var total = await Number($"select count(*) {from}");
        var items = await All($"select {columns} {from} order by {order} limit {page.Limit} offset {page.Offset}", read);
        return new(items, total ?? 0, page.Limit, page.Offset);
    }

    private DbCommand Command(Statement statement)
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
        // 0 is no limit.
        if (command.CommandTimeout > 0 && command.CommandTimeout < atLeast.TotalSeconds)
        {
            command.CommandTimeout = (int)atLeast.TotalSeconds;
        }

        command.CommandText = statement.Render((name, value) => bind(command, name, value));
        return command;
    }
}
