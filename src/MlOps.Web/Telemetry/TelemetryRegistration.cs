using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MlOps.Predictions;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace MlOps.Telemetry;

/// <summary>Which metrics leave this silo, and where to. Only metrics: no activity is made for a request.</summary>
internal static class TelemetryRegistration
{
    public static IServiceCollection AddTelemetry(this IServiceCollection services)
    {
        services.AddMetrics();
        services.AddSingleton<HttpInstruments>();
        services.AddSingleton<PrometheusReader>();
        services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("mlops", serviceVersion: typeof(TelemetryRegistration).Assembly.GetName().Version?.ToString()))
            .WithMetrics(metrics => metrics.AddMeter("MlOps", "System.Runtime", "Microsoft.AspNetCore.Server.Kestrel"));
        services.ConfigureOpenTelemetryMeterProvider((provider, metrics) =>
        {
            var own = provider.GetRequiredService<IMeterFactory>();
            metrics.AddView(instrument => Stream(instrument, own));
            metrics.AddReader(provider.GetRequiredService<PrometheusReader>());
            if (provider.GetRequiredService<IOptions<TelemetryOptions>>().Value is { OtlpEndpoint: { } endpoint } options)
            {
                metrics.AddReader(Exporter(endpoint, options, provider.GetRequiredService<ILogger<OtlpExporter>>()));
            }
        });
        return services;
    }

    // A process may have several hosts, and one that reads meters by name reads everybody's.
    private static MetricStreamConfiguration? Stream(Instrument instrument, IMeterFactory own) => instrument switch
    {
        { Meter.Scope: { } scope } when !ReferenceEquals(scope, own) => MetricStreamConfiguration.Drop,
        { Name: PredictionInstruments.Requests or PredictionInstruments.Drift } => new MetricStreamConfiguration { CardinalityLimit = PredictionInstruments.MostSeries },
        _ => null,
    };

    private static PeriodicExportingMetricReader Exporter(string endpoint, TelemetryOptions options, ILogger<OtlpExporter> log)
    {
        var isHttp = options.OtlpProtocol == TelemetryOptions.Http;
        var otlp = new OtlpExporterOptions
        {
            Endpoint = isHttp ? new Uri($"{endpoint.TrimEnd('/')}/v1/metrics") : new Uri(endpoint),
            Protocol = isHttp ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc,
            Headers = options.OtlpHeaders,
        };
        return new PeriodicExportingMetricReader(new OtlpExporter(otlp, log), options.OtlpIntervalSeconds * 1_000);
    }
}
