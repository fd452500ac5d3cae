using System.Text.Json;
using Xunit;

namespace MlOps.Tests.Telemetry;

/// <summary>The drift that Prometheus reads is the one that the API answers.</summary>
public sealed class DriftGaugeTests(DriftGaugeTests.WatchfulSilo silo) : IClassFixture<DriftGaugeTests.WatchfulSilo>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Drift_IsThatOfTheReport_UntilTheDeploymentIsGone()
    {
        var fixture = new ModelFixture("flights_linear");
        var project = await ModelFixture.Project(silo.Client, "watched");
        var (_, deployment) = await fixture.Serve(silo.Client, project, fixture.Metadata.ToJsonString());
        var rows = fixture.Expected.GetProperty("inputs").EnumerateArray().Select(row => row.GetRawText()).ToList();
        var inputs = string.Join(',', Enumerable.Range(0, 5_000).Select(row => rows[row % rows.Count]));
        await silo.Client.Post($"/api/mlops/deployments/{deployment}/predict", $$"""{"inputs": [{{inputs}}]}""");
        var report = await Report(deployment, 5_000);

        var read = await Read(now => Psi(now, deployment, "mean") is not null && Psi(now, deployment, "prediction") is not null);

        Assert.Equal(
            (report.GetProperty("mean_psi").GetDouble(), report.GetProperty("max_psi").GetDouble(), report.GetProperty("prediction").GetProperty("psi").GetDouble()),
            (Psi(read, deployment, "mean"), Psi(read, deployment, "max"), Psi(read, deployment, "prediction")));
        Assert.Equal("gauge", read.Families["mlops_drift_psi"]);

        await silo.Client.Post($"/api/mlops/deployments/{deployment}/deactivate");
        await Read(now => now.Samples.All(sample => sample.Labels.All(label => label.Value != deployment)));
    }

    private static double? Psi(PrometheusText read, string deployment, string of) => read.Value("mlops_drift_psi", ("deployment", deployment), ("of", of));

    private async Task<JsonElement> Report(string deployment, int rows)
    {
        while (true)
        {
            var report = await silo.Client.Get($"/api/mlops/deployments/{deployment}/drift");
            if (report.GetProperty("inference_rows").GetInt32() == rows)
            {
                return report;
            }

            await Task.Delay(50, Cancellation);
        }
    }

    private async Task<PrometheusText> Read(Func<PrometheusText, bool> until)
    {
        while (true)
        {
            var read = PrometheusText.Read(await silo.Client.GetStringAsync("/metrics", Cancellation));
            if (until(read))
            {
                return read;
            }

            await Task.Delay(50, Cancellation);
        }
    }

    /// <summary>A silo that looks at drift every second.</summary>
    public sealed class WatchfulSilo : RunningSilo
    {
        protected override IEnumerable<KeyValuePair<string, string?>> Settings => [new("Drift:WatchSeconds", "1")];
    }
}
