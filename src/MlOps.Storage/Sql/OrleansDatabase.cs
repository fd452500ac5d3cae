using System.Data.Common;

namespace MlOps.Sql;

/// <summary>The database as Orleans' ADO.NET providers take it: they send the statements that they find in its table <c>OrleansQuery</c>.</summary>
/// <param name="Invariant">Orleans' word for the driver.</param>
internal sealed record OrleansDatabase(string Invariant, DbDataSource Source);
