using Microsoft.Extensions.DependencyInjection;
using MlOps.Predictions;
using MlOps.Telemetry;
using MlOps.Tests.Predictions;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using Xunit;

namespace MlOps.Tests.Telemetry;

/// <summary>What leaves a process in which many more deployments have come and gone than it ever serves at a time.</summary>
public sealed class SeriesTests
{
    private const string Rows = "mlops.predict.rows";

    private static readonly (string, long)[] Shared = [("none", 0), ("other", 0)];
    private static readonly int[] Refusals = [422, 429, 503];

    [Fact]
    public void DeploymentsThatComeAndGo_LeaveRoomForThoseToCome()
    {
        var (served, told) = (new ServedDeployments(), new Told());
        using var reader = new BaseExportingMetricReader(told);
        using var services = Services(served, reader);
        Assert.NotNull(services.GetRequiredService<MeterProvider>());
        var instruments = services.GetRequiredService<PredictionInstruments>();
        for (var round = 0; round < 9; round++)
        {
            var ids = Enumerable.Range(0, PredictionInstruments.MostDeployments).Select(_ => served.Add()).ToList();
            foreach (var status in Refusals.Take((round % 3) + 1))
            {
                ids.ForEach(id => instruments.Refused(id, status));
            }

            reader.Collect();
            Assert.Equal(ids.Select(id => ($"{id}", 0L)).Concat(Shared).Order(), told.Of(Rows).Order());
            Assert.Equal(
                ids.SelectMany(id => Refusals.Take((round % 3) + 1).Select(status => ($"{id},{status}", 1L)).Append(($"{id},200", 0L))).Concat([("none,200", 0L), ("other,200", 0L)]).Order(),
                told.Of(PredictionInstruments.Requests).Order());

            ids.ForEach(id => served.Remove(id));
            reader.Collect();
            Assert.Equal(Shared.Order(), told.Of(Rows).Order());
        }
    }

    internal static ServiceProvider Services(ServedDeployments served, MetricReader reader)
    {
        var services = new ServiceCollection();
        services.AddOptions();
        services.AddSingleton<IReplicaHost>(served);
        services.AddSingleton<Admission>();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<DeploymentMeter>();
        services.AddSingleton<PredictionInstruments>();
        services.AddTelemetry();
        services.ConfigureOpenTelemetryMeterProvider((_, metrics) => metrics.AddReader(reader));
        return services.BuildServiceProvider();
    }

    /// <summary>The series of the last collection.</summary>
    private sealed class Told : BaseExporter<Metric>
    {
        private readonly List<(string Name, string Labels, long Value)> series = [];

        public IEnumerable<(string Labels, long Value)> Of(string name) => series.Where(one => one.Name == name).Select(one => (one.Labels, one.Value));

        public override ExportResult Export(in Batch<Metric> batch)
        {
            series.Clear();
            foreach (var metric in batch)
            {
                if (metric.MetricType != MetricType.LongSum)
                {
                    continue;
                }

                foreach (ref readonly var point in metric.GetMetricPoints())
                {
                    series.Add((metric.Name, string.Join(',', Values(point.Tags)), point.GetSumLong()));
                }
            }

            return ExportResult.Success;
        }

        private static List<object?> Values(ReadOnlyTagCollection tags)
        {
            List<object?> values = [];
            foreach (var tag in tags)
            {
                values.Add(tag.Value);
            }

            return values;
        }
    }
}
