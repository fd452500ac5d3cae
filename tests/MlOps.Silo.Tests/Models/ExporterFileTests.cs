using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace MlOps.Tests.Models;

/// <summary>Real exporters' files over HTTP, registered three ways: with full metadata, with the target alone, and without anything.</summary>
[Trait("Database", "Either")]
public sealed class ExporterFileTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    /// <summary>What metadata can say that a refusal may ask for.</summary>
    private static readonly string[] Keys = ["features", "inputs", "constants", "outputs", "classes", "threshold", "target", "task"];

    public static TheoryData<string> Folders => [.. ModelFixture.Names()];

    [Theory]
    [MemberData(nameof(Folders))]
    public async Task FullMetadata_AnswersAsPythonDoes(string name)
    {
        var fixture = new ModelFixture(name);
        var project = await ModelFixture.Project(silo.Client, name);
        var metadata = Whole(fixture);
        var (_, deployment) = await fixture.Serve(silo.Client, project, metadata.ToJsonString());
        var expected = fixture.Expected;
        var rows = expected.GetProperty("inputs").EnumerateArray().ToList();
        var path = $"/api/mlops/deployments/{deployment}/predict";

        var batch = await silo.Client.Post(path, $$"""{"inputs": {{expected.GetProperty("inputs").GetRawText()}}}""");
        var predictions = batch.GetProperty("predictions").EnumerateArray().ToList();
        Assert.Equal(rows.Count, predictions.Count);
        for (var row = 0; row < rows.Count; row++)
        {
            AssertRow(expected, row, predictions[row]);
        }

        for (var row = 0; row < rows.Count; row += 7)
        {
            var single = await silo.Client.Post(path, $$"""{"inputs": {{rows[row].GetRawText()}}}""");
            AssertRow(expected, row, single.GetProperty("predictions")[0]);
        }
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public async Task TargetAlone_ServesOrSaysTheFix(string name)
    {
        var target = new ModelFixture(name).Metadata["target"]!.GetValue<string>();

        await AssertServesOrSaysTheFix(name, new JsonObject { ["target"] = target }, baseline: true);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public async Task FileAlone_ServesOrSaysTheFix(string name) => await AssertServesOrSaysTheFix(name, [], baseline: false);

    [Fact]
    public async Task WrongExport_IsRefusedByItsExamples()
    {
        var fixture = new ModelFixture("skl_births_rf_nan_columns");
        var project = await ModelFixture.Project(silo.Client, "births");

        var (status, answer) = await fixture.Register(silo.Client, project, fixture.Metadata.ToJsonString());

        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Equal("examples_not_reproduced", answer.Text("code"));
    }

    private async Task AssertServesOrSaysTheFix(string name, JsonObject metadata, bool baseline)
    {
        var fixture = new ModelFixture(name);
        var full = Whole(fixture);
        var project = await ModelFixture.Project(silo.Client, name);
        for (var attempt = 0; attempt < 6; attempt++)
        {
            var sent = metadata.Count == 0 && attempt == 0 ? null : metadata.ToJsonString();
            var (status, answer) = await fixture.Register(silo.Client, project, sent, baseline);
            if (status == HttpStatusCode.Created)
            {
                await AssertExampleWorks(project, answer);
                return;
            }

            Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
            var details = answer.Details();
            var asked = Keys.Where(key => full.ContainsKey(key) && !metadata.ContainsKey(key) && details.Contains($"\"{key}\"", StringComparison.Ordinal)).ToList();
            Assert.True(asked.Count > 0, $"{name}: no line of metadata to add in: {details}");
            foreach (var key in asked)
            {
                metadata[key] = full[key]!.DeepClone();
            }
        }

        Assert.Fail($"{name}: still refused with {metadata.ToJsonString()}");
    }

    private async Task AssertExampleWorks(string project, JsonElement answer)
    {
        var created = await silo.Client.Post(
            $"/api/mlops/projects/{project}/deployments",
            $$"""{"model_id": "{{answer.Text("id")}}", "name": "n", "stage": "staging"}""",
            HttpStatusCode.Created);
        var predicted = await silo.Client.Post(
            $"/api/mlops/deployments/{created.Text("deployment_id")}/predict", answer.GetProperty("example_request").GetRawText());
        Assert.Single(predicted.GetProperty("predictions").EnumerateArray());
    }

    private static JsonObject Whole(ModelFixture fixture)
    {
        var metadata = fixture.Metadata;
        if (metadata["name"]?.GetValue<string>() == "xgb_default_softmax_margins" || fixture.Folder.EndsWith("xgb_default_softmax_margins", StringComparison.Ordinal))
        {
            metadata["outputs"] = new JsonObject { ["kind"] = "logit" };
        }

        if (metadata.ContainsKey("exporter_fault"))
        {
            metadata.Remove("examples");
        }

        return metadata;
    }

    private static void AssertRow(JsonElement expected, int row, JsonElement prediction)
    {
        if (expected.TryGetProperty("values", out var values))
        {
            var value = values[row].GetDouble();
            Assert.InRange(Math.Abs(value - prediction.GetProperty("prediction").GetDouble()) / Math.Max(1, Math.Abs(value)), 0, 1e-5);
            return;
        }

        Assert.Equal(expected.GetProperty("labels")[row].GetString(), prediction.GetProperty("prediction").GetString());
        var classes = expected.GetProperty("classes").EnumerateArray().Select(one => one.GetString()!).ToList();
        for (var index = 0; index < classes.Count; index++)
        {
            var probability = prediction.GetProperty("probabilities").GetProperty(classes[index]).GetDouble();
            Assert.InRange(Math.Abs(expected.GetProperty("probabilities")[row][index].GetDouble() - probability), 0, 1e-5);
        }

        Assert.Equal(
            prediction.GetProperty("probabilities").GetProperty(prediction.GetProperty("prediction").GetString()!).GetDouble(),
            prediction.GetProperty("probability").GetDouble());
    }
}
