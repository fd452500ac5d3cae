using System.Net;
using System.Text.Json;
using Xunit;

namespace MlOps.Tests.Metrics;

public sealed class MetricsTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    private readonly ModelFixture fixture = new("credit_logreg_pipeline");

    [Fact]
    public async Task Report_CountsWhatWasAnswered()
    {
        var project = await ModelFixture.Project(silo.Client, "metrics");
        var (_, deployment) = await fixture.Serve(silo.Client, project, fixture.Metadata.ToJsonString());
        var inputs = fixture.Expected.GetProperty("inputs");
        var answered = await silo.Client.Post($"/api/mlops/deployments/{deployment}/predict", $$"""{"inputs": [{{string.Join(',', inputs.EnumerateArray().Take(30).Select(row => row.GetRawText()))}}]}""");
        await silo.Client.Post($"/api/mlops/deployments/{deployment}/predict", $$"""{"inputs": {{inputs[0].GetRawText()}}}""");
        await silo.Client.Post($"/api/mlops/deployments/{deployment}/predict", "{}", HttpStatusCode.UnprocessableEntity);
        await silo.Client.Post($"/api/mlops/deployments/{deployment}/predict", "{", HttpStatusCode.BadRequest);

        var report = await Counted(deployment, 4);

        Assert.Equal(31, report.GetProperty("rows").GetInt32());
        Assert.Equal(25.0, report.GetProperty("error_rate").GetDouble());
        Assert.Equal("""{"200":2,"400":1,"422":1}""", report.GetProperty("by_status").GetRawText());
        Assert.Equal(60, report.GetProperty("series").GetArrayLength());
        Assert.Equal(31, report.GetProperty("series").EnumerateArray().Sum(point => point.GetProperty("rows").GetInt32()));
        var latency = report.GetProperty("latency_ms");
        Assert.InRange(latency.GetProperty("p50").GetDouble(), double.Epsilon, latency.GetProperty("p99").GetDouble());
        Assert.Equal(JsonValueKind.Null, report.GetProperty("accuracy").ValueKind);
        var labels = answered.GetProperty("predictions").EnumerateArray().Select(one => one.Text("prediction")).Append(fixture.Expected.GetProperty("labels")[0].GetString()!).ToList();
        Assert.All(report.GetProperty("predictions").EnumerateArray(), share => Assert.Equal(labels.Count(label => label == share.Text("label")), share.GetProperty("count").GetInt32()));
        Assert.Equal(1.0, report.GetProperty("predictions").EnumerateArray().Sum(share => share.GetProperty("share").GetDouble()), 1e-9);
    }

    [Theory]
    [InlineData("window_minutes=0")]
    [InlineData("window_minutes=1441")]
    [InlineData("minutes=5")]
    public async Task WrongQuery_IsRefused(string query)
    {
        var project = await ModelFixture.Project(silo.Client, "metrics-query");
        var (_, deployment) = await fixture.Serve(silo.Client, project, fixture.Metadata.ToJsonString());

        await silo.Client.Expect(HttpStatusCode.UnprocessableEntity, HttpMethod.Get, $"/api/mlops/deployments/{deployment}/metrics?{query}");
        await silo.Client.Expect(HttpStatusCode.NotFound, HttpMethod.Get, $"/api/mlops/deployments/{Guid.NewGuid()}/metrics");
    }

    private async Task<JsonElement> Counted(string deployment, int requests)
    {
        while (true)
        {
            var report = await silo.Client.Get($"/api/mlops/deployments/{deployment}/metrics");
            if (report.GetProperty("requests").GetInt32() >= requests)
            {
                return report;
            }

            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }
}
