using System.Net;
using System.Text.Json;
using Xunit;

namespace MlOps.Tests.Contributions;

public sealed class ContributionTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    [Theory]
    [InlineData("credit_logreg_pipeline")]
    [InlineData("flights_gbr")]
    [InlineData("wine_xgb_multiclass")]
    [InlineData("churn_mlp_zipmap_int")]
    public async Task Answer_IsAsApproved(string name)
    {
        var (_, deployment, rows) = await Serve(name);

        var answer = await Explain(deployment, $"[{rows[0]}, {rows[1]}]", """{"include_contributions": true}""");

        Approved.Same(name, Scrub.Of(answer));
    }

    [Fact]
    public async Task Contributions_AddUpToTheValue_InTheOrderOfTheFeatures()
    {
        var (model, deployment, rows) = await Serve("flights_gbr");
        var names = (await silo.Client.Get($"/api/models/{model}")).GetProperty("signature").GetProperty("features").EnumerateArray().Select(feature => feature.Text("name")).Append("BiasTerm").ToList();

        var answer = await Explain(deployment, $"[{string.Join(',', rows)}]", """{"include_contributions": true}""");

        Assert.Equal(("value", "tree"), (answer.Text("contribution_space"), answer.Text("contribution_method")));
        foreach (var (prediction, entries) in answer.GetProperty("predictions").EnumerateArray().Zip(answer.GetProperty("contributions").EnumerateArray()))
        {
            Assert.Equal(names, entries.EnumerateArray().Select(entry => entry.Text("feature")));
            var sum = entries.EnumerateArray().Sum(entry => entry.GetProperty("value").GetDouble());
            Assert.Equal(prediction.GetProperty("prediction").GetDouble(), sum, 1e-4 * Math.Max(1, Math.Abs(sum)));
        }
    }

    [Fact]
    public async Task Rows_AreExplainedTogetherAsAlone()
    {
        var (_, deployment, rows) = await Serve("wine_xgb_multiclass");

        var together = await Explain(deployment, $"[{string.Join(',', rows)}]", """{"include_contributions": true}""");

        for (var row = 0; row < 10; row++)
        {
            var alone = await Explain(deployment, rows[row], """{"include_contributions": true}""");
            Assert.Equal(alone.GetProperty("contributions")[0].GetRawText(), together.GetProperty("contributions")[row].GetRawText());
            Assert.Equal(alone.GetProperty("predictions")[0].Text("prediction"), together.GetProperty("predictions")[row].Text("contribution_class"));
        }
    }

    [Fact]
    public async Task AllClasses_AreAnsweredBesideThePredicted()
    {
        var (_, deployment, rows) = await Serve("wine_xgb_multiclass");
        var (_, binary, others) = await Serve("credit_gbc");

        var answer = await Explain(deployment, rows[0], """{"include_contributions": true, "contributions": {"all_classes": true}}""");
        var two = await Explain(binary, others[0], """{"include_contributions": true, "contributions": {"all_classes": true}}""");

        var classes = answer.GetProperty("contributions_by_class")[0];
        Assert.Equal(answer.GetProperty("predictions")[0].GetProperty("probabilities").EnumerateObject().Select(one => one.Name), classes.EnumerateObject().Select(one => one.Name));
        Assert.Equal(answer.GetProperty("contributions")[0].GetRawText(), classes.GetProperty(answer.GetProperty("predictions")[0].Text("contribution_class")).GetRawText());
        var opposite = two.GetProperty("contributions_by_class")[0].EnumerateObject().Select(one => one.Value.EnumerateArray().Select(entry => entry.GetProperty("value").GetDouble()).ToArray()).ToArray();
        Assert.Equal(opposite[0], opposite[1].Select(value => -value));
    }

    [Fact]
    public async Task Some_AreAnsweredAsAsked()
    {
        var (_, deployment, rows) = await Serve("credit_gbc");
        var all = Entries(await Explain(deployment, rows[0], """{"include_contributions": true}"""));

        var some = Entries(await Explain(deployment, rows[0], """{"include_contributions": true, "contributions": {"top_n": 2, "bottom_n": 1}}"""));

        var falling = all.SkipLast(1).OrderByDescending(entry => entry.Value).ToList();
        Assert.Equal([falling[0], falling[1], falling[^1], all[^1]], some);
    }

    [Fact]
    public async Task StackedEnsemble_AndModelWithoutBaseline_AreRefusedWithTheirReason()
    {
        var project = await ModelFixture.Project(silo.Client, "unexplained");
        var (_, bare) = await new ModelFixture("credit_gbc").Serve(silo.Client, project, new ModelFixture("credit_gbc").Metadata.ToJsonString(), baseline: false);
        var stacked = await Stacked(project);

        foreach (var (deployment, name, reason) in new[] { (bare, "credit_gbc", "baseline"), (stacked, "churn_stacked", "StackedEnsemble") })
        {
            var row = new ModelFixture(name).Expected.GetProperty("inputs")[0].GetRawText();
            var problem = await silo.Client.Post($"/api/mlops/deployments/{deployment}/predict", $$$"""{"inputs": {{{row}}}, "options": {"include_contributions": true}}""", HttpStatusCode.UnprocessableEntity);
            Assert.Equal("contributions_unavailable", problem.Text("code"));
            Assert.Contains(reason, problem.Text("detail"), StringComparison.Ordinal);
            await silo.Client.Post($"/api/mlops/deployments/{deployment}/predict", $$"""{"inputs": {{row}}}""");
        }
    }

    [Fact]
    public async Task BaselineGivenLater_BringsContributions()
    {
        var fixture = new ModelFixture("credit_gbc");
        var (model, deployment) = await fixture.Serve(silo.Client, await ModelFixture.Project(silo.Client, "later"), fixture.Metadata.ToJsonString(), baseline: false);
        Assert.False((await silo.Client.Get($"/api/models/{model}")).GetProperty("contributions").GetProperty("available").GetBoolean());
        using var rows = new MultipartFormDataContent { { new ByteArrayContent(await File.ReadAllBytesAsync(Path.Combine(fixture.Folder, "baseline.csv"), TestContext.Current.CancellationToken)), "baseline", "baseline.csv" } };
        using var put = await silo.Client.PutAsync($"/api/models/{model}/baseline", rows, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, put.StatusCode);

        var shown = (await silo.Client.Get($"/api/models/{model}")).GetProperty("contributions");
        var answer = await Explain(deployment, fixture.Expected.GetProperty("inputs")[0].GetRawText(), """{"include_contributions": true}""");

        Assert.Equal(("tree", "log_odds", "baseline"), (shown.Text("method"), shown.Text("space"), shown.Text("covers")));
        Assert.Equal("tree", answer.Text("contribution_method"));
    }

    private static List<(string Feature, double Value)> Entries(JsonElement answer) =>
        [.. answer.GetProperty("contributions")[0].EnumerateArray().Select(entry => (entry.Text("feature"), entry.GetProperty("value").GetDouble()))];

    private async Task<(string Model, string Deployment, string[] Rows)> Serve(string name)
    {
        var fixture = new ModelFixture(name);
        var (model, deployment) = await fixture.Serve(silo.Client, await ModelFixture.Project(silo.Client, name), fixture.Metadata.ToJsonString());
        return (model, deployment, [.. fixture.Expected.GetProperty("inputs").EnumerateArray().Select(row => row.GetRawText())]);
    }

    private async Task<string> Stacked(string project)
    {
        var fixture = new ModelFixture("churn_stacked");
        using var form = new MultipartFormDataContent
        {
            { new StringContent(project), "project_id" },
            { new StringContent("stacked"), "name" },
            { new StringContent("StackedEnsemble"), "algo" },
            { new StringContent(fixture.Metadata.ToJsonString()), "metadata" },
            { new ByteArrayContent(await File.ReadAllBytesAsync(Path.Combine(fixture.Folder, "model.onnx"), TestContext.Current.CancellationToken)), "file", "model.onnx" },
            { new ByteArrayContent(await File.ReadAllBytesAsync(Path.Combine(fixture.Folder, "baseline.csv"), TestContext.Current.CancellationToken)), "baseline", "baseline.csv" },
        };
        using var response = await silo.Client.PostAsync("/api/models", form, TestContext.Current.CancellationToken);
        var model = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Text("id");
        return (await silo.Client.Post(
            $"/api/mlops/projects/{project}/deployments", $$"""{"model_id": "{{model}}", "name": "stacked", "stage": "staging"}""", HttpStatusCode.Created)).Text("deployment_id");
    }

    private Task<JsonElement> Explain(string deployment, string inputs, string options) =>
        silo.Client.Post($"/api/mlops/deployments/{deployment}/predict", $$"""{"inputs": {{inputs}}, "options": {{options}}}""");
}
