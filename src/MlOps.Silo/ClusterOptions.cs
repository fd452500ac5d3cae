using System.ComponentModel.DataAnnotations;
using System.Net;

namespace MlOps;

/// <summary>Section <c>Cluster</c> of silo.json: where the other silos reach this one. Used with PostgreSQL; an embedded silo is alone.</summary>
internal sealed class ClusterOptions : IValidatableObject
{
    public const string Section = "Cluster";

    /// <summary>An IP address of this machine, on which the ports below are opened and which the other silos are told: of a private network, which clients cannot reach.</summary>
    [Required(AllowEmptyStrings = false)]
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>The port for other silos.</summary>
    [Range(1, 65535)]
    public int SiloPort { get; set; } = 11111;

    /// <summary>The port for Orleans clients outside of the silos; 0 opens none.</summary>
    [Range(0, 65535)]
    public int GatewayPort { get; set; } = 30000;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IPAddress.TryParse(Address, out var address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
        {
            yield return new ValidationResult(
                $"{Section}:{nameof(Address)} must be an IP address of this machine that other silos can reach, like 10.0.0.5, not '{Address}'.", [nameof(Address)]);
        }
    }
}
