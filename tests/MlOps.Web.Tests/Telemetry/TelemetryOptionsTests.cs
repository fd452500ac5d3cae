using System.ComponentModel.DataAnnotations;
using MlOps.Telemetry;
using Xunit;

namespace MlOps.Tests.Telemetry;

public sealed class TelemetryOptionsTests
{
    [Theory]
    [InlineData(null, "grpc", null, 60, null)]
    [InlineData("http://127.0.0.1:4317", "grpc", null, 1, null)]
    [InlineData("https://collector:4318/otlp", "http", "api-key=abc,tenant=7", 3_600, null)]
    [InlineData("collector:4317", "grpc", null, 60, "OtlpEndpoint")]
    [InlineData("", "grpc", null, 60, "OtlpEndpoint")]
    [InlineData("ftp://collector", "grpc", null, 60, "OtlpEndpoint")]
    [InlineData("http://collector:4318", "udp", null, 60, "OtlpProtocol")]
    [InlineData("http://collector:4318", "http", "abc", 60, "OtlpHeaders")]
    [InlineData("http://collector:4318", "http", null, 0, "OtlpIntervalSeconds")]
    public void Settings_AreCheckedAtStart(string? endpoint, string protocol, string? headers, int interval, string? named)
    {
        var faults = new List<ValidationResult>();
        var options = new TelemetryOptions { OtlpEndpoint = endpoint, OtlpProtocol = protocol, OtlpHeaders = headers, OtlpIntervalSeconds = interval };

        Assert.Equal(named is null, Validator.TryValidateObject(options, new ValidationContext(options), faults, validateAllProperties: true));
        Assert.All(faults, fault => Assert.Contains(named!, fault.ErrorMessage, StringComparison.Ordinal));
        Assert.All(faults, fault => Assert.DoesNotContain("abc", fault.ErrorMessage, StringComparison.Ordinal));
    }
}
