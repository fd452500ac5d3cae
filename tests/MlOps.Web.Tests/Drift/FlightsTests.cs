using System.Globalization;
using System.Net;
using System.Text.Json;
using Xunit;

namespace MlOps.Tests.Drift;

/// <summary>Months of flights sent through predict, against what Python computes of them.</summary>
public sealed class FlightsTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    private const int RowsAtOnce = 5_000;
    private const int FirstLaterMonth = 2;
    private const int LastMonth = 6;

    private static readonly string Root = Path.Combine(Repository.Root, "tests/Fixtures");
    private static readonly HashSet<string> West = ["LAX", "SFO", "SEA", "SAN", "PHX"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string> Windows() => ["2001-02.csv", "2001-03.csv", "2001-04.csv", "2001-05.csv", "2001-06.csv", "evening_west"];

    [Theory]
    [MemberData(nameof(Windows))]
    public async Task Origin_DriftsAsPythonSays(string window) => await Compare("flights_origin", ["distance", "hour", "day_of_week", "origin"], window);

    [Theory]
    [InlineData("2001-02.csv")]
    [InlineData("2001-06.csv")]
    public async Task Numbers_DriftAsPythonSays(string window) => await Compare("flights_gbr", ["distance", "hour", "day_of_week"], window);

    private async Task Compare(string model, string[] features, string window)
    {
        var deployment = await Serve(model);
        var rows = (window == "evening_west" ? Enumerable.Range(FirstLaterMonth, LastMonth - 1).SelectMany(month => Read($"2001-0{month}.csv")).Where(IsEveningWest) : Read(window)).ToList();
        foreach (var part in rows.Chunk(RowsAtOnce))
        {
            await silo.Client.Post($"/api/mlops/deployments/{deployment}/predict", $$"""{"inputs": [{{string.Join(',', part.Select(row => Json(features, row)))}}]}""");
        }

        var live = await Counted(deployment, rows.Count);
        using var expected = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Root, "drift/psi_expected.json"), Cancellation));
        foreach (var feature in features)
        {
            var (oracle, ours) = (expected.RootElement.GetProperty("windows").GetProperty(window).GetProperty("features").GetProperty(feature), live.GetProperty("features").GetProperty(feature));
            foreach (var number in new[] { "psi", "expected_psi", "p_value", "missing_rate", "unseen_rate" })
            {
                Assert.Equal(oracle.GetProperty(number).GetDouble(), ours.GetProperty(number).GetDouble(), 1e-9);
            }

            Assert.Equal(oracle.Text("status"), ours.Text("status"));
        }

        if (window == "evening_west")
        {
            Assert.Equal("high", live.GetProperty("features").GetProperty("hour").Text("status"));
            Assert.Equal("high", live.GetProperty("features").GetProperty("origin").Text("status"));
            Assert.Equal("origin", live.Text("worst_feature"));
        }

        var recount = await Recount(deployment);
        foreach (var member in new[] { "features", "inference_rows", "overall_status", "window", "mean_psi", "counts", "prediction" })
        {
            Assert.Equal(live.GetProperty(member).GetRawText(), recount.GetProperty(member).GetRawText());
        }
    }

    private async Task<string> Serve(string model)
    {
        var fixture = new ModelFixture(model);
        var project = await ModelFixture.Project(silo.Client, model);
        using var form = fixture.Form(project, fixture.Metadata.ToJsonString(), baseline: false);
        form.Add(new ByteArrayContent(await File.ReadAllBytesAsync(Path.Combine(Root, "flights_stream/2001-01.csv"), Cancellation)), "baseline", "2001-01.csv");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/models") { Content = form };
        var registered = await silo.Client.Expect(HttpStatusCode.Created, request);
        return (await silo.Client.Post(
            $"/api/mlops/projects/{project}/deployments", $$"""{"model_id": "{{registered.Text("id")}}", "name": "{{model}}", "stage": "staging"}""", HttpStatusCode.Created)).Text("deployment_id");
    }

    private async Task<JsonElement> Counted(string deployment, int rows)
    {
        while (true)
        {
            var drift = await silo.Client.Get($"/api/mlops/deployments/{deployment}/drift");
            if (drift.GetProperty("inference_rows").GetInt32() >= rows)
            {
                // The first thousand answers are frozen by the commit that brings them.
                Assert.Equal(rows >= 1_000, drift.GetProperty("prediction").GetProperty("bins").GetArrayLength() > 0);
                Assert.Equal(rows, drift.GetProperty("inference_rows").GetInt32());
                return drift;
            }

            await Task.Delay(50, Cancellation);
        }
    }

    private async Task<JsonElement> Recount(string deployment)
    {
        var job = (await silo.Client.Post($"/api/mlops/deployments/{deployment}/drift/run")).Text("job_id");
        while (true)
        {
            var seen = (await silo.Client.Get($"/api/jobs/{job}")).GetProperty("job");
            Assert.NotEqual("failed", seen.Text("status"));
            if (seen.Text("status") == "succeeded")
            {
                var report = await silo.Client.Get($"/api/mlops/deployments/{deployment}/drift?job_id={job}");
                Assert.Equal(job, report.GetProperty("last_run").Text("job_id"));
                Assert.Equal(seen.GetProperty("result").GetProperty("features").GetRawText(), report.GetProperty("features").GetRawText());
                return report;
            }

            await Task.Delay(50, Cancellation);
        }
    }

    private static bool IsEveningWest(Dictionary<string, string> row) => int.Parse(row["hour"], CultureInfo.InvariantCulture) >= 17 && West.Contains(row["origin"]);

    private static IEnumerable<Dictionary<string, string>> Read(string month)
    {
        var lines = File.ReadLines(Path.Combine(Root, "flights_stream", month)).Select(line => line.Split(',')).ToList();
        return lines.Skip(1).Select(cells => lines[0].Zip(cells).ToDictionary(pair => pair.First, pair => pair.Second));
    }

    private static string Json(string[] features, Dictionary<string, string> row) =>
        "{" + string.Join(',', features.Select(feature => $"\"{feature}\":{(feature == "origin" ? $"\"{row[feature]}\"" : row[feature])}")) + "}";
}
