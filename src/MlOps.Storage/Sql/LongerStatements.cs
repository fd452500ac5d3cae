namespace MlOps.Sql;

/// <summary>More time for the statements of one transaction.</summary>
/// <param name="Allow">Tells the database, until the transaction ends.</param>
/// <param name="ClientWaits">How long this side waits then: longer than the database, whose refusal says more.</param>
internal sealed record LongerStatements(Statement Allow, TimeSpan ClientWaits);
