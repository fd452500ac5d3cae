using System.Text.Json;
using MlOps.Models;
using MlOps.Predictions;
using Xunit;

namespace MlOps.Tests.Registration;

/// <summary>Hand-made graphs, one for each rule: refused or accepted, fixed as the refusal says, and predicted.</summary>
public sealed class TinyGraphTests
{
    public static TheoryData<string> Cases => [.. FixtureFolder.Tiny()];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Case_Holds(string name)
    {
        var folder = new FixtureFolder(name);
        var expected = folder.Case;
        if (expected.GetProperty("register").GetString() == "refuse")
        {
            AssertRefused(expected, folder.Refusal(folder.MetadataText));
            if (expected.TryGetProperty("fix", out var fix))
            {
                using var repaired = folder.Register(fix.GetProperty("metadata").GetRawText());
                AssertPredicts(repaired, fix);
            }

            return;
        }

        using var model = folder.Register(folder.MetadataText);
        Words.AssertContained(expected, "warnings_contain", model.Warnings);
        AssertPredicts(model, expected);
    }

    private static void AssertRefused(JsonElement expected, MlOpsException refused)
    {
        var details = Words.Details(refused);
        if (expected.TryGetProperty("code", out var code))
        {
            Assert.Equal(code.GetString(), JsonNamingPolicy.SnakeCaseLower.ConvertName(refused.Code.ToString()));
        }

        Words.AssertContained(expected, "detail_contains", details);
        Words.AssertInOrder(expected, "detail_in_order", details);
        Assert.All(Words.Of(expected, "never_contain"), never => Assert.DoesNotContain(never, details, StringComparison.OrdinalIgnoreCase));
    }

    private static void AssertPredicts(UnderstoodModel model, JsonElement expected)
    {
        Assert.Null(model.Predict(JsonDocument.Parse(model.Checked.ExampleRequest).RootElement.GetProperty("inputs")).Refusal);
        if (!expected.TryGetProperty("predict", out var cases))
        {
            return;
        }

        var answered = new List<JsonElement>();
        foreach (var one in cases.EnumerateArray())
        {
            var (refusal, predictions) = model.Predict(one.GetProperty("inputs"));
            if (one.TryGetProperty("refused", out _))
            {
                Assert.NotNull(refusal);
                Words.AssertContained(one, "detail_contains", refusal);
                continue;
            }

            Assert.Null(refusal);
            AssertSame(one, predictions[0], model.Signature.Output);
            answered.Add(one);
        }

        var together = model.Predict([.. answered.Select(one => one.GetProperty("inputs"))]).Predictions;
        Assert.All(answered.Zip(together), pair => AssertSame(pair.First, pair.Second, model.Signature.Output));
    }

    private static void AssertSame(JsonElement expected, Prediction prediction, OutputSpec output)
    {
        var wanted = expected.GetProperty("prediction");
        if (wanted.ValueKind == JsonValueKind.Number)
        {
            AssertClose(wanted.GetDouble(), prediction.Value!.Value);
        }
        else
        {
            Assert.Equal(wanted.GetString(), prediction.Label);
        }

        if (expected.TryGetProperty("score", out var score))
        {
            AssertClose(score.GetDouble(), prediction.Value!.Value);
        }

        if (expected.TryGetProperty("probabilities", out var shares))
        {
            Assert.Equal(shares.EnumerateObject().Select(share => share.Name).Order(), output.Classes.Order());
            Assert.All(shares.EnumerateObject(), share => AssertClose(share.Value.GetDouble(), prediction.Probabilities[output.Classes.IndexOf(share.Name)]));
        }
    }

    internal static void AssertClose(double expected, double actual) =>
        Assert.True(Math.Abs(expected - actual) <= 1e-5 * Math.Max(1, Math.Abs(expected)), $"{actual} is not {expected}");
}
