using System.Net;
using MlOps.Tests.Clients;
using MlOps.Tests.Running;
using Xunit;

namespace MlOps.Tests.Predictions;

/// <summary>Canaries of a silo that is killed and started again.</summary>
public sealed class CanaryProcessTests : IDisposable
{
    private const int Keys = 200;

    private readonly string folder = Directory.CreateTempSubdirectory("mlops-canary-").FullName;
    private readonly ModelFixture stable = new("flights_linear");
    private readonly ModelFixture candidate = new("flights_gbr");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Restart_LeavesEveryKeyWhereItWas()
    {
        string project, canary;
        string[] before;
        await using (var silo = await SiloProcessUnderTest.Start(folder))
        {
            using var client = await silo.Ready(folder, Cancellation);
            (project, canary) = await Deploy(client);
            before = await Answering(client, project);
            Assert.InRange(before.Count(id => id == canary), 1, Keys - 1);
            silo.Kill();
        }

        await using var again = await SiloProcessUnderTest.Start(folder);
        using var after = await again.Ready(folder, Cancellation);
        // Its first request finds the canary not loaded yet, and begins the load; production answers meanwhile.
        var asked = Array.IndexOf(before, canary);
        Assert.Contains((await Predict(after, project, Key(asked))).Reason, new[] { "canary-unavailable", "canary" });
        while ((await Predict(after, project, Key(asked))).Reason != "canary")
        {
            await Pace.Next();
        }

        Assert.Equal(before, await Answering(after, project));
        Assert.Equal(40, await Share(after, canary));
    }

    [Fact]
    public async Task CanaryWhoseLoadEndedTheProcessTwice_IsFailed_UntilItIsPromoted()
    {
        string project, canary, digest;
        await using (var silo = await SiloProcessUnderTest.Start(folder))
        {
            using var client = await silo.Ready(folder, Cancellation);
            (project, canary) = await Deploy(client);
            digest = Path.GetFileName(Directory.EnumerateDirectories(Path.Combine(folder, "data", "models")).MaxBy(Directory.GetCreationTimeUtc)!);
            silo.Kill();
        }

        // What two starts leave whose load of this file never ended.
        await File.WriteAllBytesAsync(Path.Combine(folder, "data", "loading", $"{digest}.again"), [], Cancellation);
        await using var again = await SiloProcessUnderTest.Start(folder);
        using var after = await again.Ready(folder, Cancellation);
        var answers = await Answering(after, project);
        var reasons = new HashSet<string>();
        for (var key = 0; key < Keys; key++)
        {
            reasons.Add((await Predict(after, project, Key(key))).Reason);
        }

        Assert.DoesNotContain(canary, answers);
        Assert.Single(answers.Distinct());
        Assert.Equal(new HashSet<string> { "production", "canary-unavailable" }, reasons);
        Assert.Equal((0, 100), (await Share(after, canary), await Share(after, answers[0])));
        while ((await after.Get($"/api/mlops/deployments/{canary}")).GetProperty("deployment").Text("status") != "failed")
        {
            await Pace.Next();
        }

        await after.Post($"/api/mlops/deployments/{canary}/promote", """{"to_stage": "production"}""");

        Assert.Equal([canary], (await Answering(after, project)).Distinct());
        Assert.Equal(100, await Share(after, canary));
    }

    [Fact]
    public async Task Keys_AreTextThatComesOnce()
    {
        await using var silo = await SiloProcessUnderTest.Start(folder);
        using var client = await silo.Ready(folder, Cancellation);
        var (project, _) = await Deploy(client);
        var body = System.Text.Encoding.UTF8.GetBytes(Row());
        var path = $"/api/mlops/projects/{project}/predict";
        (string, string)[] headers =
        [
            ("Host", "x"), ("Authorization", client.DefaultRequestHeaders.Authorization!.ToString()), ("Content-Type", "application/json"), ("Content-Length", $"{body.Length}"),
        ];

        var one = await RawHttp.Send(silo.Address, "POST", path, [.. headers, ("X-Routing-Key", "kunde 1")], body);
        var two = await RawHttp.Send(silo.Address, "POST", path, [.. headers, ("X-Routing-Key", "kunde 1"), ("X-Routing-Key", "kunde 2")], body);

        Assert.Equal(200, one.Status);
        Assert.Equal(422, two.Status);
        Assert.Contains("once", two.Body.Text("detail"), StringComparison.Ordinal);
    }

    // Production, and a canary with 40 percent.
    private async Task<(string Project, string Canary)> Deploy(HttpClient client)
    {
        var project = await ModelFixture.Project(client, "canaries");
        var (_, production) = await stable.Serve(client, project, stable.Metadata.ToJsonString());
        await client.Post($"/api/mlops/deployments/{production}/promote", """{"to_stage": "production"}""");
        var (_, canary) = await candidate.Serve(client, project, candidate.Metadata.ToJsonString());
        await client.Expect(HttpStatusCode.OK, HttpMethod.Patch, $"/api/mlops/deployments/{canary}", """{"canary": true, "traffic_percent": 40}""");
        return (project, canary);
    }

    private async Task<string[]> Answering(HttpClient client, string project)
    {
        var ids = new string[Keys];
        for (var key = 0; key < Keys; key++)
        {
            (ids[key], _) = await Predict(client, project, Key(key));
        }

        return ids;
    }

    private async Task<(string Deployment, string Reason)> Predict(HttpClient client, string project, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/mlops/projects/{project}/predict") { Content = Json.Body(Row()) };
        request.Headers.Add("X-Routing-Key", key);
        using var response = await client.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (Assert.Single(response.Headers.GetValues("X-Deployment-Id")), Assert.Single(response.Headers.GetValues("X-Route-Reason")));
    }

    private static async Task<int> Share(HttpClient client, string deployment) =>
        (await client.Get($"/api/mlops/deployments/{deployment}")).GetProperty("deployment").GetProperty("effective_traffic_percent").GetInt32();

    // Both models take the same features.
    private string Row() => $$"""{"inputs": {{stable.Expected.GetProperty("inputs")[0].GetRawText()}}}""";

    private static string Key(int number) => $"customer-{number}";
}
