using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using MlOps.Predictions;
using MlOps.Telemetry;
using OpenTelemetry.Metrics;
using Xunit;

namespace MlOps.Tests.Telemetry;

public sealed class PrometheusWriterTests
{
    [Theory]
    [InlineData("s", "mlops_test_some_thing_seconds")]
    [InlineData("By", "mlops_test_some_thing_bytes")]
    [InlineData("{row}", "mlops_test_some_thing")]
    [InlineData(null, "mlops_test_some_thing")]
    public async Task Instrument_HasTheNameAndTypeThatPrometheusKnows(string? unit, string name)
    {
        var read = await Read(meter =>
        {
            meter.CreateObservableGauge("mlops.test-some.thing", () => 0.5, unit, "Some thing.");
            meter.CreateObservableCounter("mlops.test-some.thing2", () => long.MaxValue, "{row}", "Rows.");
            meter.CreateObservableUpDownCounter("mlops.test-some.thing3", () => -3, "By", "Bytes.");
        });

        Assert.Equal(("gauge", 0.5), (read.Families[name], read.Value(name)));
        Assert.Equal(("counter", (double)long.MaxValue), (read.Families["mlops_test_some_thing2_total"], read.Value("mlops_test_some_thing2_total")));
        Assert.Equal(("gauge", -3), (read.Families["mlops_test_some_thing3_bytes"], read.Value("mlops_test_some_thing3_bytes")));
    }

    [Fact]
    public async Task Histogram_HasBucketsThatAddUp()
    {
        var read = await Read(meter =>
        {
            var histogram = meter.CreateHistogram("mlops.test.time", "s", "Time.", null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.00005, 1, 2] });
            foreach (var value in new[] { 0.00001, 0.5, 1, 1.5, 7 })
            {
                histogram.Record(value, new KeyValuePair<string, object?>("kind", "slow"));
            }
        });

        Assert.Equal("histogram", read.Families["mlops_test_time_seconds"]);
        Assert.Equal([1, 3, 4, 5], new[] { "5E-05", "1", "2", "+Inf" }.Select(bound => read.Value("mlops_test_time_seconds_bucket", ("kind", "slow"), ("le", bound))!.Value));
        Assert.Equal((5, 10.00001), (read.Value("mlops_test_time_seconds_count", ("kind", "slow")), Math.Round(read.Value("mlops_test_time_seconds_sum", ("kind", "slow"))!.Value, 9)));
    }

    // The reader of the tests leaves values as they are written.
    [Fact]
    public async Task Texts_AreEscaped()
    {
        var read = await Read(meter => meter.CreateObservableGauge(
            "mlops.test.texts", () => new Measurement<double>(double.PositiveInfinity, new("a.b", "c:\\d \"e\"\nf"), new("number", 7)), null, "Two lines\nand a \\."));

        var sample = Assert.Single(read.Samples, one => one.Name == "mlops_test_texts");
        Assert.Equal(double.PositiveInfinity, sample.Value);
        Assert.Equal([("a_b", "c:\\\\d \\\"e\\\"\\nf"), ("number", "7")], sample.Labels);
    }

    private static async Task<PrometheusText> Read(Action<Meter> instruments)
    {
        var services = new ServiceCollection();
        services.AddOptions();
        services.AddSingleton<DeploymentMeter>();
        services.AddTelemetry();
        await using var provider = services.BuildServiceProvider();
        Assert.NotNull(provider.GetRequiredService<MeterProvider>());
        instruments(provider.GetRequiredService<IMeterFactory>().Create("MlOps"));
        return PrometheusText.Read(await provider.GetRequiredService<PrometheusReader>().Read(TestContext.Current.CancellationToken));
    }
}
