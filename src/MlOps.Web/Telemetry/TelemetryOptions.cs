using System.ComponentModel.DataAnnotations;

namespace MlOps.Telemetry;

/// <summary>Section <c>Telemetry</c> of silo.json: where metrics are sent. <c>GET /metrics</c> offers them to Prometheus in any case.</summary>
public sealed class TelemetryOptions : IValidatableObject
{
    public const string Section = "Telemetry";
    public const string Grpc = "grpc";
    public const string Http = "http";

    /// <summary>Collector that metrics are sent to by OTLP, e.g. <c>http://localhost:4317</c>; by HTTP <c>/v1/metrics</c> is added to it. Null: none is.</summary>
    public string? OtlpEndpoint { get; set; }

    /// <summary><c>grpc</c> or <c>http</c> (protobuf).</summary>
    public string OtlpProtocol { get; set; } = Grpc;

    /// <summary>Headers of each export, like <c>name=value,name=value</c>: a collector's key. Give it by the environment, not in a file.</summary>
    public string? OtlpHeaders { get; set; }

    /// <summary>Time between two exports, in seconds.</summary>
    [Range(1, 3_600)]
    public int OtlpIntervalSeconds { get; set; } = 60;

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (OtlpEndpoint is not null && !(Uri.TryCreate(OtlpEndpoint, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)))
        {
            yield return new ValidationResult($"{Section}:{nameof(OtlpEndpoint)} must be like http://localhost:4317, or null to send nothing; not '{OtlpEndpoint}'.", [nameof(OtlpEndpoint)]);
        }

        if (OtlpProtocol is not (Grpc or Http))
        {
            yield return new ValidationResult($"{Section}:{nameof(OtlpProtocol)} must be {Grpc} or {Http}, not '{OtlpProtocol}'.", [nameof(OtlpProtocol)]);
        }

        // The value may be a secret: it is not repeated.
        if (OtlpHeaders is not null && OtlpHeaders.Split(',').Any(header => header.IndexOf('=', StringComparison.Ordinal) < 1))
        {
            yield return new ValidationResult($"{Section}:{nameof(OtlpHeaders)} must be like name=value,name=value.", [nameof(OtlpHeaders)]);
        }
    }
}
