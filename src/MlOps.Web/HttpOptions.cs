using System.ComponentModel.DataAnnotations;

namespace MlOps;

/// <summary>Section <c>Http</c> of silo.json: the address, and the limits of everything but predictions and model files.</summary>
public sealed class HttpOptions : IValidatableObject
{
    public const string Section = "Http";

    /// <summary>Where HTTP is served: <c>http://</c>, a host name, <c>localhost</c>, an IP address or <c>*</c>, and a port. TLS belongs to a proxy before it.</summary>
    [Required(AllowEmptyStrings = false)]
    public string Url { get; set; } = "http://localhost:8888";

    /// <summary>Largest JSON body, and largest text part of a form, in bytes; more is 413. 1 MiB. Predict bodies have their own limit.</summary>
    [Range(1024, 1L << 30)]
    public long MaxJsonBytes { get; set; } = 1L << 20;

    /// <summary>Time after which a call that is no prediction is given up with 503, in seconds, an upload's own time aside. Clients give up after 30.</summary>
    [Range(1, 25)]
    public double TimeoutSeconds { get; set; } = 24;

    /// <summary>Open connections; more are closed as they come.</summary>
    [Range(1, 1_000_000)]
    public long MaxConnections { get; set; } = 10_000;

    /// <summary>Calls in flight that are no predictions, uploads of models aside; more are 429.</summary>
    [Range(1, 100_000)]
    public int MaxCallsInFlight { get; set; } = 256;

    /// <summary>
    /// Time between being told to stop and refusing connections, in seconds, in which load balancers find out: answers go on, each with
    /// <c>Connection: close</c>, and readiness says no. A silo that is alone has nobody to hand over to, and does not wait.
    /// </summary>
    [Range(0, 600)]
    public double DrainSeconds { get; set; } = 10;

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var parsable = (Url ?? "").Replace("://*", "://any", StringComparison.Ordinal).Replace("://+", "://any", StringComparison.Ordinal);
        if (!Uri.TryCreate(parsable, UriKind.Absolute, out var url) || url.Scheme != Uri.UriSchemeHttp || url.PathAndQuery != "/")
        {
            yield return new ValidationResult($"{Section}:{nameof(Url)} must be like http://localhost:8888, not '{Url}'.", [nameof(Url)]);
        }
    }
}
