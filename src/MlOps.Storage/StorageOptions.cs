using System.ComponentModel.DataAnnotations;

namespace MlOps;

/// <summary>Section <c>Storage</c> of silo.json: where everything durable is kept.</summary>
public sealed class StorageOptions
{
    public const string Section = "Storage";

    /// <summary>The data folder, relative to where the process was started; made when it is not there, and held by one process at a time.</summary>
    [Required]
    public string Data { get; set; } = "data";
}
