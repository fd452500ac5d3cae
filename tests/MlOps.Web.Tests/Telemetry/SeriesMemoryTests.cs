using Microsoft.Extensions.DependencyInjection;
using MlOps.Predictions;
using MlOps.Telemetry;
using MlOps.Tests.Predictions;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using Xunit;

namespace MlOps.Tests.Telemetry;

/// <summary>
/// What is left of deployments that have come and gone. One that is counted takes some kilobytes here and in OpenTelemetry: whoever deploys every minute would fill the
/// memory in a year. Alone, for the memory is that of the process.
/// </summary>
[CollectionDefinition(nameof(SeriesMemoryTests), DisableParallelization = true)]
[Collection(nameof(SeriesMemoryTests))]
public sealed class SeriesMemoryTests
{
    private const int Many = 8 * PredictionInstruments.MostDeployments;

    // A third of what one takes: the readers may be a meter apart at the two looks.
    private const int Little = 1_000;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task DeploymentsThatAreGone_TakeNoMemory(bool prometheus)
    {
        var served = new ServedDeployments();
        using var collector = new BaseExportingMetricReader(new Nowhere());
        using var services = SeriesTests.Services(served, collector);
        Assert.NotNull(services.GetRequiredService<MeterProvider>());
        var instruments = services.GetRequiredService<PredictionInstruments>();
        var scrapes = services.GetRequiredService<PrometheusReader>();
        await ComeAndGo();
        var before = GC.GetTotalMemory(forceFullCollection: true);

        await ComeAndGo();

        Assert.InRange((GC.GetTotalMemory(forceFullCollection: true) - before) / Many, long.MinValue, Little);

        async Task ComeAndGo()
        {
            for (var i = 0; i < Many; i++)
            {
                var id = served.Add();
                instruments.Refused(id, 422);
                instruments.Refused(id, 429);
                collector.Collect();
                if (prometheus)
                {
                    await scrapes.Read(TestContext.Current.CancellationToken);
                }

                served.Remove(id);
            }
        }
    }

    private sealed class Nowhere : BaseExporter<Metric>
    {
        public override ExportResult Export(in Batch<Metric> batch) => ExportResult.Success;
    }
}
