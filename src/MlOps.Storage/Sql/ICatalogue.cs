namespace MlOps.Sql;

/// <summary>
/// The database behind the stores, which are written once for all of them: statements in the common SQL of SQLite and PostgreSQL. An
/// adapter brings connections, the schema, a SQL function <c>fold(text)</c> that takes case away, and what is below.
/// </summary>
internal interface ICatalogue : IDatabase
{
    /// <summary>An expression: the number under <paramref name="key"/> of the JSON object in a column; null when it is none.</summary>
    Statement NumberIn(Statement column, string key);

    /// <summary>Gives space of deleted rows back, about a megabyte a time; null where the database does so itself.</summary>
    Statement? Reclaim { get; }
}
