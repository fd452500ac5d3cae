using System.ComponentModel.DataAnnotations;

namespace MlOps;

/// <summary>Section <c>Storage</c> of silo.json: where everything durable lies.</summary>
public sealed class StorageOptions
{
    public const string Section = "Storage";

    /// <summary>The data folder, absolute or relative to the working folder; made when absent, held by one process at a time.</summary>
    [Required(AllowEmptyStrings = false)]
    public string Data { get; set; } = "data";
}
