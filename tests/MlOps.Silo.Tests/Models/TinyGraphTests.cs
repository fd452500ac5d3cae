using System.Net;
using System.Text.Json;
using Xunit;

namespace MlOps.Tests.Models;

/// <summary>Every hand-made graph of tests/Fixtures/tiny over HTTP: one rule of registration each, refused or accepted, fixed and predicted.</summary>
[Trait("Database", "Either")]
public sealed class TinyGraphTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    public static TheoryData<string> Cases => [.. ModelFixture.TinyNames()];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Case_Holds(string name)
    {
        var fixture = new ModelFixture(name);
        var expected = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(fixture.Folder, "case.json"), TestContext.Current.CancellationToken)).RootElement;
        var metadata = await File.ReadAllTextAsync(Path.Combine(fixture.Folder, "metadata.json"), TestContext.Current.CancellationToken);
        var project = await ModelFixture.Project(silo.Client, name);

        var (status, answer) = await fixture.Register(silo.Client, project, metadata);
        foreach (var never in Strings(expected, "never_contain"))
        {
            Assert.DoesNotContain(never, answer.ToString(), StringComparison.OrdinalIgnoreCase);
        }

        if (expected.Text("register") == "refuse")
        {
            Assert.True(status == HttpStatusCode.UnprocessableEntity, $"{(int)status} {answer}");
            var details = answer.Details();
            if (expected.TryGetProperty("code", out var code))
            {
                Assert.Equal(code.GetString(), answer.Text("code"));
            }

            AssertWords(Strings(expected, "detail_contains"), details);
            AssertInOrder(Strings(expected, "detail_in_order"), details);
            if (expected.TryGetProperty("fix", out var fix))
            {
                var (fixedModel, fixedDeployment) = await fixture.Serve(silo.Client, project, fix.GetProperty("metadata").GetRawText());
                await AssertPredicts(fixedDeployment, fix.GetProperty("predict"));
            }

            return;
        }

        Assert.True(status == HttpStatusCode.Created, $"{(int)status} {answer}");
        var warnings = string.Join('\n', Strings(answer, "warnings"));
        AssertWords(Strings(expected, "warnings_contain"), warnings);
        var created = await silo.Client.Post(
            $"/api/mlops/projects/{project}/deployments",
            $$"""{"model_id": "{{answer.Text("id")}}", "name": "n", "stage": "staging"}""",
            HttpStatusCode.Created);
        var deployment = created.Text("deployment_id");
        await silo.Client.Post($"/api/mlops/deployments/{deployment}/predict", answer.GetProperty("example_request").GetRawText());
        if (expected.TryGetProperty("predict", out var predict))
        {
            await AssertPredicts(deployment, predict);
        }
    }

    private async Task AssertPredicts(string deployment, JsonElement cases)
    {
        var path = $"/api/mlops/deployments/{deployment}/predict";
        var answered = new List<(JsonElement Inputs, JsonElement Case)>();
        foreach (var one in cases.EnumerateArray())
        {
            var inputs = one.GetProperty("inputs");
            var body = $$"""{"inputs": {{inputs.GetRawText()}}}""";
            if (one.TryGetProperty("refused", out _))
            {
                AssertWords(Strings(one, "detail_contains"), (await silo.Client.Post(path, body, HttpStatusCode.UnprocessableEntity)).Details());
                continue;
            }

            var answer = await silo.Client.Post(path, body);
            AssertPrediction(one, answer.GetProperty("predictions")[0]);
            AssertWords(Strings(one, "warnings_contain"), string.Join('\n', Strings(answer, "warnings")));
            answered.Add((inputs, one));
        }

        if (answered.Count > 0)
        {
            var batch = await silo.Client.Post(path, $$"""{"inputs": [{{string.Join(", ", answered.Select(one => one.Inputs.GetRawText()))}}]}""");
            foreach (var (prediction, one) in batch.GetProperty("predictions").EnumerateArray().Zip(answered))
            {
                AssertPrediction(one.Case, prediction);
            }
        }
    }

    internal static void AssertPrediction(JsonElement expected, JsonElement prediction)
    {
        AssertSame(expected.GetProperty("prediction"), prediction.GetProperty("prediction"));
        if (expected.TryGetProperty("score", out var score))
        {
            AssertSame(score, prediction.GetProperty("score"));
        }

        if (expected.TryGetProperty("probabilities", out var probabilities))
        {
            var answered = prediction.GetProperty("probabilities");
            Assert.Equal(probabilities.EnumerateObject().Select(p => p.Name).Order(), answered.EnumerateObject().Select(p => p.Name).Order());
            foreach (var probability in probabilities.EnumerateObject())
            {
                AssertSame(probability.Value, answered.GetProperty(probability.Name));
            }
        }
    }

    private static void AssertSame(JsonElement expected, JsonElement actual)
    {
        if (expected.ValueKind == JsonValueKind.Number)
        {
            Assert.InRange(Math.Abs(expected.GetDouble() - actual.GetDouble()) / Math.Max(1, Math.Abs(expected.GetDouble())), 0, 1e-5);
            return;
        }

        Assert.Equal(expected.GetString(), actual.GetString());
    }

    // Words of one or two characters must stand alone: 'a' is in every sentence.
    private static void AssertWords(IEnumerable<string> words, string text)
    {
        foreach (var word in words)
        {
            var found = word.Length > 2
                ? text.Contains(word, StringComparison.OrdinalIgnoreCase)
                : System.Text.RegularExpressions.Regex.IsMatch(text, $@"(?i)(?<!\w){System.Text.RegularExpressions.Regex.Escape(word)}(?!\w)");
            Assert.True(found, $"'{word}' is not in: {text}");
        }
    }

    private static void AssertInOrder(IEnumerable<string> words, string text)
    {
        var at = 0;
        foreach (var word in words)
        {
            var found = text.IndexOf(word, at, StringComparison.OrdinalIgnoreCase);
            Assert.True(found >= 0, $"'{word}' does not follow in: {text}");
            at = found + word.Length;
        }
    }

    private static IEnumerable<string> Strings(JsonElement element, string name) =>
        element.TryGetProperty(name, out var list) ? list.EnumerateArray().Select(item => item.GetString()!) : [];
}
