using MlOps.Predictions;
using OpenTelemetry.Metrics;

namespace MlOps.Telemetry;

/// <summary>Collects the metrics of this silo when Prometheus asks for them.</summary>
internal sealed class PrometheusReader : BaseExportingMetricReader
{
    private readonly PrometheusWriter writer;
    private readonly SemaphoreSlim turn = new(1);

    public PrometheusReader(DeploymentMeter byDeployment)
        : this(new PrometheusWriter())
    {
        // A reader lets go of a meter that has ended when it reads the next time: without Prometheus it never would.
        byDeployment.Renewed += () => Collect();
    }

    private PrometheusReader(PrometheusWriter writer)
        : base(writer) => this.writer = writer;

    public async Task<string> Read(CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            Collect();
            return writer.Written;
        }
        finally
        {
            turn.Release();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            turn.Dispose();
        }

        base.Dispose(disposing);
    }
}
