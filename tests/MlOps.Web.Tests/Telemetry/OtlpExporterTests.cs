using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MlOps.Predictions;
using MlOps.Telemetry;
using OpenTelemetry.Metrics;
using Xunit;

namespace MlOps.Tests.Telemetry;

/// <summary>What the log says of exports that fail: once that they do and why, once that they work again.</summary>
public sealed class OtlpExporterTests
{
    private const string Secret = "only-for-the-collector";

    [Theory]
    [InlineData(503)]
    [InlineData(401)]
    public async Task ExportThatFails_IsToldOnceWithItsReason_AndItsEndOnce(int status)
    {
        await using var collector = await OtlpCollector.Start();
        var log = new Lines();
        using var services = Services(collector.Address, TelemetryOptions.Http, log);
        Export(services, 1);
        Assert.NotEmpty((await collector.Next(TestContext.Current.CancellationToken)).Points);
        Assert.Empty(log.Written);

        collector.Status = status;
        Export(services, 3);

        var (level, told) = Assert.Single(log.Written);
        Assert.Equal(LogLevel.Warning, level);
        Assert.Contains($"{status}", told, StringComparison.Ordinal);
        Assert.Contains("not today", told, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, told, StringComparison.Ordinal);

        collector.Status = 200;
        Export(services, 2);

        Assert.Equal(2, log.Written.Count);
        var (level2, told2) = log.Written.Last();
        Assert.Equal(LogLevel.Information, level2);
        Assert.Contains("3 exports", told2, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("grpc")]
    [InlineData("http")]
    public void CollectorThatIsNotThere_IsNamedWithoutItsPassword_InOneLine(string protocol)
    {
        // Port 9 takes nobody.
        var log = new Lines();
        using var services = Services("http://user:password@127.0.0.1:9", protocol, log);

        Export(services, 2);

        var (_, told) = Assert.Single(log.Written);
        Assert.Contains("127.0.0.1:9", told, StringComparison.Ordinal);
        Assert.Contains("Connection refused", told, StringComparison.Ordinal);
        Assert.DoesNotContain("password", told, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', told);
    }

    [Fact]
    public async Task FaultOfOneExporter_IsNotToldByAnother()
    {
        await using var collector = await OtlpCollector.Start();
        var (broken, sound) = (new Lines(), new Lines());
        using var one = Services("http://127.0.0.1:9", TelemetryOptions.Http, broken);
        using var other = Services(collector.Address, TelemetryOptions.Http, sound);

        Export(one, 1);
        Export(other, 1);

        Assert.Single(broken.Written);
        Assert.Empty(sound.Written);
    }

    // Whether it went well is not asked here: what Prometheus reads has no part in it, and says that it failed.
    private static void Export(ServiceProvider services, int times)
    {
        for (var i = 0; i < times; i++)
        {
            services.GetRequiredService<MeterProvider>().ForceFlush();
        }
    }

    private static ServiceProvider Services(string endpoint, string protocol, Lines log)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddProvider(log));
        services.AddOptions<TelemetryOptions>().Configure(telemetry =>
        {
            (telemetry.OtlpEndpoint, telemetry.OtlpProtocol, telemetry.OtlpHeaders, telemetry.OtlpIntervalSeconds) = (endpoint, protocol, $"api-key={Secret}", 3_600);
        });
        services.AddSingleton<DeploymentMeter>();
        services.AddTelemetry();
        var provider = services.BuildServiceProvider();
        provider.GetRequiredService<IMeterFactory>().Create("MlOps").CreateObservableGauge("mlops.test", () => 1);
        return provider;
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<(LogLevel Level, string Line)> Written { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Enqueue((logLevel, formatter(state, exception)));

        public void Dispose()
        {
        }
    }
}
