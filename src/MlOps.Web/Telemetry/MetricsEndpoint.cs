using System.Text;
using Microsoft.AspNetCore.Http;
using MlOps.OpenApi;
using MlOps.Requests;

namespace MlOps.Telemetry;

/// <summary>The metrics of this silo as Prometheus reads them. No key: they name deployments by id, and nothing else.</summary>
internal sealed class MetricsEndpoint(PrometheusReader reader) : IEndpoints
{
    private const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private static readonly Operation Scrape = new("prometheus", "Metrics of this silo, as Prometheus reads them", Schema.Text()) { AnswerType = "text/plain" };

    public void Map(Routes routes) => routes.Public("/metrics", Answer, Scrape);

    private async Task Answer(HttpContext context)
    {
        using var answer = new AnswerBuffer();
        Encoding.UTF8.GetBytes(await reader.Read(context.RequestAborted), answer);
        await answer.Send(context, StatusCodes.Status200OK, ContentType);
    }
}
