using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Xunit;

namespace MlOps.Tests.Deployments;

/// <summary>Many callers change one project at once, and retry: the single-production rule, the history, and nothing made twice.</summary>
public sealed class ConcurrentChangeTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    private const int Deployments = 20;
    private const int Changes = 200;

    [Fact]
    public async Task TwoHundredChanges_KeepOneProductionAndATrueHistory()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var project = await ModelFixture.Project(silo.Client, "concurrent");
        var fixture = new ModelFixture("flights_linear");
        var (_, registered) = await fixture.Register(silo.Client, project, fixture.Metadata.ToJsonString());
        var model = registered.Text("id");
        var ids = new List<string>();
        for (var number = 0; number < Deployments; number++)
        {
            ids.Add((await Send($"/api/mlops/projects/{project}/deployments", Create(model, $"d{number}", "staging"), $"seed-{number}")).Answer.Text("id"));
        }

        var random = new Random(20011);
        var changes = Enumerable.Range(0, Changes).Select(number => Change(random, number, project, model, ids)).ToList();
        var answers = new ConcurrentDictionary<string, string>();
        var conflicts = 0;
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var watch = Watch(project, watching.Token);

        // Every change is sent twice under its key, as a client does whose first answer was lost.
        await Parallel.ForEachAsync(changes.Concat(changes), new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = cancellation }, async (change, _) =>
        {
            var (status, answer) = await Send(change.Path, change.Body, change.Key);
            Assert.True(status is HttpStatusCode.OK or HttpStatusCode.Created or HttpStatusCode.Conflict, $"{change.Path}: {(int)status} {answer}");
            if (status == HttpStatusCode.Conflict)
            {
                Interlocked.Increment(ref conflicts);
                return;
            }

            var first = answers.GetOrAdd(change.Key, answer.GetRawText());
            Assert.Equal(first, answer.GetRawText());
        });
        await watching.CancelAsync();
        Assert.True(await watch > 0, "the watcher never saw the list");

        var listed = (await silo.Client.Get($"/api/mlops/projects/{project}/deployments?limit=200")).GetProperty("items").EnumerateArray().ToList();
        var creations = changes.Count(change => change.Creates && answers.ContainsKey(change.Key));
        var rollbacks = answers.Where(answer => answer.Key.StartsWith("model-", StringComparison.Ordinal))
            .Select(answer => JsonDocument.Parse(answer.Value).RootElement.Text("deployment_id")).Distinct().Count(id => !ids.Contains(id));
        Assert.InRange(listed.Count(item => item.Text("stage") == "production"), 0, 1);
        Assert.InRange(listed.Count, Deployments + creations, Deployments + creations + rollbacks);
        await AssertHistory(project, listed);
    }

    private sealed record PlannedChange(string Key, string Path, string? Body, bool Creates);

    private static PlannedChange Change(Random random, int number, string project, string model, List<string> ids)
    {
        var id = ids[random.Next(ids.Count)];
        return random.Next(5) switch
        {
            0 => new($"create-{number}", $"/api/mlops/projects/{project}/deployments", Create(model, $"c{number}", random.Next(2) == 0 ? "staging" : "production"), true),
            1 => new($"promote-{number}", $"/api/mlops/deployments/{id}/promote", """{"to_stage": "production"}""", false),
            2 => new($"back-{number}", $"/api/mlops/deployments/{id}/rollback", $$"""{"to_deployment_id": "{{ids[random.Next(ids.Count)]}}"}""", false),
            3 => new($"model-{number}", $"/api/mlops/deployments/{id}/rollback", $$"""{"to_model_id": "{{model}}"}""", false),
            _ => new($"off-{number}", $"/api/mlops/deployments/{id}/deactivate", null, false),
        };
    }

    private static string Create(string model, string name, string stage) => $$"""{"model_id": "{{model}}", "name": "{{name}}", "stage": "{{stage}}"}""";

    private async Task<(HttpStatusCode Status, JsonElement Answer)> Send(string path, string? body, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = body is null ? null : Json.Body(body) };
        request.Headers.Add("Idempotency-Key", key);
        using var response = await silo.Client.SendAsync(request, TestContext.Current.CancellationToken);
        return (response.StatusCode, JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
    }

    // Reads the list over and over while the changes run: one answer is one snapshot, and none may show two.
    private async Task<int> Watch(string project, CancellationToken cancellation)
    {
        var seen = 0;
        while (!cancellation.IsCancellationRequested)
        {
            var items = (await silo.Client.Get($"/api/mlops/projects/{project}/deployments?limit=200")).GetProperty("items").EnumerateArray();
            Assert.InRange(items.Count(item => item.Text("stage") == "production"), 0, 1);
            seen++;
        }

        return seen;
    }

    // Walks the timeline from the oldest event on: it must lead to the stages that the list shows, with one production at most on the way.
    private async Task AssertHistory(string project, List<JsonElement> listed)
    {
        var events = new List<JsonElement>();
        for (var total = 1; events.Count < total;)
        {
            var page = await silo.Client.Get($"/api/projects/{project}/timeline?limit=500&offset={events.Count}");
            total = page.GetProperty("total").GetInt32();
            events.AddRange(page.GetProperty("events").EnumerateArray());
        }

        var stages = new Dictionary<string, string?>();
        foreach (var one in Enumerable.Reverse(events).Where(one => one.GetProperty("deployment_id").ValueKind == JsonValueKind.String))
        {
            var from = one.GetProperty("from").GetString();
            var to = one.GetProperty("to").GetString();
            if (to is "staging" or "production" or "archived")
            {
                Assert.Equal(stages.GetValueOrDefault(one.Text("deployment_id")), from);
                stages[one.Text("deployment_id")] = to;
                Assert.InRange(stages.Values.Count(stage => stage == "production"), 0, 1);
            }
        }

        Assert.Equal(listed.ToDictionary(item => item.Text("id"), item => (string?)item.Text("stage")), stages);
    }
}
