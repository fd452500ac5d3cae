using System.ComponentModel.DataAnnotations;

namespace MlOps;

/// <summary>Section <c>Storage</c> of silo.json: where everything durable is kept.</summary>
public sealed class StorageOptions
{
    public const string Section = "Storage";

    /// <summary>The data folder, relative to where the process was started; made when it is not there, and held by one process at a time.</summary>
    [Required]
    public string Data { get; set; } = "data";

    /// <summary>
    /// A connection string of PostgreSQL, e.g. <c>Host=127.0.0.1;Database=mlops;Username=mlops;Password=…</c>: the catalogue, the silos of the
    /// cluster, grain state and reminders lie there, under a schema that the command <c>migrate</c> makes. Empty: SQLite in the data folder, and one silo.
    /// </summary>
    public string? Postgres { get; set; }
}
