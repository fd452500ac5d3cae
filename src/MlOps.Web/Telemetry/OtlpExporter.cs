using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;

namespace MlOps.Telemetry;

/// <summary>Sends metrics by OTLP. The library fails without a word; this one tells when it begins to fail, why, and when it works again.</summary>
internal sealed partial class OtlpExporter(OtlpExporterOptions options, ILogger<OtlpExporter> log) : OtlpMetricExporter(options)
{
    private readonly OtlpFaults faults = new();
    private long failed;

    public override ExportResult Export(in Batch<Metric> metrics)
    {
        faults.Listen();
        var result = base.Export(in metrics);
        var fault = faults.Heard();
        if (result == ExportResult.Success)
        {
            Succeeded();
        }
        else if (failed++ == 0)
        {
            LogFailed(fault ?? "for an unknown reason");
        }

        return result;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            faults.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Succeeded()
    {
        if (failed > 0)
        {
            LogRecovered(failed);
            failed = 0;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Metrics could not be sent to Telemetry:OtlpEndpoint: {Fault}. They are sent again and again, and this is told once")]
    private partial void LogFailed(string fault);

    [LoggerMessage(Level = LogLevel.Information, Message = "Metrics are sent to Telemetry:OtlpEndpoint again; {Failed} exports had failed")]
    private partial void LogRecovered(long failed);
}
