using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using MlOps.OpenApi;
using MlOps.Requests;

namespace MlOps.Telemetry;

/// <summary>The metrics of this silo as Prometheus reads them. No key: they name deployments by id, and nothing else.</summary>
internal sealed class MetricsEndpoint(IServiceProvider services) : IEndpoints
{
    private static readonly Operation Scrape = new("prometheus", "Metrics of this silo, as Prometheus reads them", Schema.Text()) { AnswerType = "text/plain" };

    public void Map(Routes routes) => routes.Public("/metrics", Pipeline(), Scrape);

    private RequestDelegate Pipeline()
    {
        var pipeline = new ApplicationBuilder(services);
        pipeline.UseOpenTelemetryPrometheusScrapingEndpoint(_ => true);
        return pipeline.Build();
    }
}
