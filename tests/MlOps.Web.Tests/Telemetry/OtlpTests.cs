using System.Net;
using Xunit;

namespace MlOps.Tests.Telemetry;

/// <summary>A collector that is named in the settings gets what Prometheus could read.</summary>
public sealed class OtlpTests(OtlpTests.ToldSilo silo) : IClassFixture<OtlpTests.ToldSilo>
{
    [Fact]
    public async Task Collector_GetsTheMetrics()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var fixture = new ModelFixture("credit_logreg_pipeline");
        var project = await ModelFixture.Project(silo.Client, "told");
        var (_, deployment) = await fixture.Serve(silo.Client, project, fixture.Metadata.ToJsonString());
        var row = fixture.Expected.GetProperty("inputs")[0].GetRawText();
        for (var i = 0; i < 3; i++)
        {
            await silo.Client.Post($"/api/mlops/deployments/{deployment}/predict", $$"""{"inputs": [{{row}}, {{row}}]}""");
        }

        await silo.Client.Post($"/api/mlops/deployments/{deployment}/predict", "{}", HttpStatusCode.UnprocessableEntity);

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        OtlpCollector.Export export;
        do
        {
            export = await silo.Collector.Next(limit.Token);
        }
        while (!export.Points.Any(point => point.Name == "mlops.predict.rows" && point.Attributes.GetValueOrDefault("deployment") == deployment && point.Value == 6));

        Assert.Equal(("/v1/metrics", "application/x-protobuf", "7"), (export.Path, export.ContentType, export.Tenant));
        var requests = export.Points.Where(point => point.Name == "mlops.predict.requests" && point.Attributes["deployment"] == deployment).Select(point => point.Value).Order();
        Assert.Equal([1L, 3L], requests);
        Assert.Superset(
            new HashSet<string> { "mlops.predict.duration", "mlops.journal.waiting", "mlops.journal.oldest_waiting", "mlops.models.memory", "mlops.models.loads", "dotnet.process.cpu.time" },
            export.Points.Select(point => point.Name).ToHashSet());
    }

    /// <summary>A silo that sends its metrics every second, and who gets them.</summary>
    public sealed class ToldSilo : RunningSilo, IAsyncLifetime
    {
        internal OtlpCollector Collector { get; private set; } = null!;

        protected override IEnumerable<KeyValuePair<string, string?>> Settings =>
        [
            new("Telemetry:OtlpEndpoint", Collector.Address),
            new("Telemetry:OtlpProtocol", "http"),
            new("Telemetry:OtlpHeaders", "tenant=7"),
            new("Telemetry:OtlpIntervalSeconds", "1"),
        ];

        async ValueTask IAsyncLifetime.InitializeAsync()
        {
            Collector = await OtlpCollector.Start();
            await InitializeAsync();
        }

        async ValueTask IAsyncDisposable.DisposeAsync()
        {
            await DisposeAsync();
            await Collector.DisposeAsync();
        }
    }
}
