using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Predictions;
using Xunit;

namespace MlOps.Tests.Registration;

/// <summary>Files as exporters write them, registered with full metadata, with a baseline and its target, and alone.</summary>
public sealed class ExporterFileTests
{
    private const string WithMargins = "xgb_default_softmax_margins";
    private const string WrongExport = "skl_births_rf_nan_columns";

    // Truly so: Keras' own log loss on these rows is above the entropy of the shares.
    private const string WorseThanShares = "keras_stackoverflow_constants";
    private const int MostSteps = 6;

    // What only the trainer knows, and a refusal may leave marked places for.
    private static readonly string[] Knowable = ["features", "inputs", "constants", "outputs", "classes", "threshold", "target"];

    public static TheoryData<string> Files => [.. FixtureFolder.Exported()];

    [Theory]
    [MemberData(nameof(Files))]
    public void FullMetadata_AnswersAsTheTrainedModel(string name)
    {
        var folder = new FixtureFolder(name);
        using var model = folder.Register(Full(name, folder).ToJsonString());
        var expected = folder.Expected;
        var rows = expected.GetProperty("inputs").EnumerateArray().ToArray();

        var (refusal, together) = model.Predict(rows);

        Assert.Null(refusal);
        AssertAnswers(model, expected, together);
        AssertAnswers(model, expected, [.. rows.Select(row => model.Predict(row).Predictions[0])]);
        Assert.Equal(name == WorseThanShares, model.Warnings.Contains("usual sign", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void BaselineAndTarget_IsAcceptedAfterTheStatedFixes(string name)
    {
        var folder = new FixtureFolder(name);
        FollowRefusals(name, folder, new JsonObject { ["target"] = folder.Metadata["target"]!.GetValue<string>() }, baseline: true);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void FileAlone_IsAcceptedAfterTheStatedFixes(string name)
    {
        var folder = new FixtureFolder(name);
        FollowRefusals(name, folder, [], baseline: false);
    }

    [Fact]
    public void Margins_WithoutKind_AreRefused()
    {
        var folder = new FixtureFolder(WithMargins);

        var refused = folder.Refusal(folder.MetadataText);

        Assert.Equal(ErrorCode.OutputAmbiguous, refused.Code);
        Assert.Contains("\"kind\": \"logit\"", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WrongExport_WithExamples_IsRefusedWithBothValues()
    {
        var folder = new FixtureFolder(WrongExport);

        var refused = folder.Refusal(folder.MetadataText);

        Assert.Equal(ErrorCode.ExamplesNotReproduced, refused.Code);
        Assert.Contains("0.7421", Words.Details(refused), StringComparison.Ordinal);
    }

    private static JsonObject Full(string name, FixtureFolder folder)
    {
        var metadata = folder.Metadata;
        if (name == WithMargins)
        {
            metadata["outputs"] = new JsonObject { ["kind"] = "logit" };
        }
        else if (name == WrongExport)
        {
            metadata.Remove("examples");
        }

        return metadata;
    }

    /// <summary>Sends what each refusal says: its line as it stands, or, where places are marked, the trainer's own.</summary>
    private static void FollowRefusals(string name, FixtureFolder folder, JsonObject metadata, bool baseline)
    {
        var full = Full(name, folder);
        for (var step = 0; step < MostSteps; step++)
        {
            MlOpsException refused;
            try
            {
                using var model = folder.Register(metadata.ToJsonString(), baseline);
                var example = JsonDocument.Parse(model.Checked.ExampleRequest).RootElement.GetProperty("inputs");
                Assert.Null(model.Predict(example).Refusal);
                return;
            }
            catch (MlOpsException exception)
            {
                refused = exception;
            }

            TestContext.Current.TestOutputHelper!.WriteLine($"{refused.Code}: {refused.Message}");
            var lines = ProposedLines.In(refused.Message, Knowable).ToList();
            Assert.True(lines.Count > 0, $"no line of metadata in: {refused.Message}");
            var (key, value) = lines.Find(line => !line.Value.ToJsonString().Contains("\\u003C", StringComparison.Ordinal)) is { Key: not null } literal
                ? literal
                : lines.Where(line => full[line.Key] is not null).Select(line => (line.Key, full[line.Key]!)).FirstOrDefault();
            Assert.True(key is not null, $"nothing in the trainer's metadata fills in: {refused.Message}");
            metadata[key] = value!.DeepClone();
        }

        Assert.Fail($"still refused after {MostSteps} fixes: {metadata}");
    }

    private static void AssertAnswers(UnderstoodModel model, JsonElement expected, Prediction[] predictions)
    {
        if (expected.TryGetProperty("values", out var values))
        {
            Assert.All(values.EnumerateArray().Zip(predictions), pair => TinyGraphTests.AssertClose(pair.First.GetDouble(), pair.Second.Value!.Value));
            return;
        }

        var classes = expected.GetProperty("classes").EnumerateArray().Select(one => one.GetString()!).ToArray();
        Assert.Equal(classes, model.Signature.Output.Classes);
        Assert.Equal(expected.GetProperty("labels").EnumerateArray().Select(label => label.GetString()), predictions.Select(prediction => prediction.Label));
        Assert.All(
            expected.GetProperty("probabilities").EnumerateArray().Zip(predictions),
            pair => Assert.All(
                pair.First.EnumerateArray().Zip(pair.Second.Probabilities),
                share => TinyGraphTests.AssertClose(share.First.GetDouble(), share.Second)));
    }
}
