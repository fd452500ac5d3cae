using System.Collections.Concurrent;
using System.Text.Json;
using MlOps.Tests.Running;
using Xunit;

namespace MlOps.Tests.InferenceLogs;

/// <summary>Every answered prediction is in the log exactly once, whenever the process is killed.</summary>
public sealed class KilledStreamTests : IDisposable
{
    private const int Senders = 6;
    private const int BatchRows = 20;

    private static readonly int Rounds = Environment.GetEnvironmentVariable("MLOPS_LONG") == "1" ? 100 : 4;

    private readonly string folder = Directory.CreateTempSubdirectory("mlops-stream-").FullName;
    private readonly ModelFixture fixture = new("flights_linear");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task AnsweredRows_AreInTheLogOnce_AndOthersAreThoseInFlight()
    {
        var check = await Run(Rounds, "MlOps.Silo.dll");

        Assert.Empty(check.Missing);
        Assert.Equal(check.Logged.Count, check.Logged.Distinct().Count());
        Assert.InRange(check.Extra.Sum(batch => batch.Rows), 0, Rounds * Senders * BatchRows);
        Assert.InRange(check.Extra.Count, 0, Rounds * Senders);
        Assert.All(check.Extra, batch => Assert.Contains(batch.Rows, new[] { 1, BatchRows }));
        Assert.Equal(check.Logged.Count, check.DriftRows);
        Assert.Equal(check.Logged.Count, check.MetricRows);
    }

    /// <summary>What writes records after the answer loses some: the same check finds them.</summary>
    [Fact]
    public async Task RecordsWrittenAfterTheAnswer_AreMissed()
    {
        var check = await Run(2, "MlOps.Silo.Tests.dll", "late-journal");

        Assert.NotEmpty(check.Missing);
    }

    private async Task<Check> Run(int rounds, string program, params string[] arguments)
    {
        var random = new Random(4711);
        var answered = new ConcurrentBag<string>();
        string deployment;
        await using (var silo = await SiloProcessUnderTest.Start(folder))
        {
            using var client = await silo.Ready(folder, Cancellation);
            (_, deployment) = await fixture.Serve(client, await ModelFixture.Project(client, "stream"), fixture.Metadata.ToJsonString());
            await silo.Terminate();
            await silo.Ended(Cancellation);
        }

        var row = fixture.Expected.GetProperty("inputs")[0].GetRawText();
        var bodies = new[] { $$"""{"inputs": {{row}}}""", $$"""{"inputs": [{{string.Join(", ", Enumerable.Repeat(row, BatchRows))}}]}""" };
        for (var round = 0; round < rounds; round++)
        {
            await using var silo = await SiloProcessUnderTest.StartProgram(program, arguments, folder);
            using var client = await silo.Ready(folder, Cancellation);
            var (until, count) = (random.Next(100, 3_000), 0);
            await Task.WhenAll(Enumerable.Range(0, Senders).Select(sender => Task.Run(
                async () =>
                {
                    for (var turn = sender; await Send(client, deployment, bodies[turn % 2]) is { } ids; turn++)
                    {
                        ids.ForEach(answered.Add);
                        if (Interlocked.Increment(ref count) == until)
                        {
                            silo.Kill();
                        }
                    }
                },
                Cancellation)));
            await silo.Ended(Cancellation);
        }

        return await Look(deployment, [.. answered]);
    }

    // Null when the process is gone.
    private static async Task<List<string>?> Send(HttpClient client, string deployment, string body)
    {
        try
        {
            using var response = await client.PostAsync($"/api/mlops/deployments/{deployment}/predict", Json.Body(body), Cancellation);
            var text = await response.Content.ReadAsStringAsync(Cancellation);
            Assert.True(response.IsSuccessStatusCode, text);
            return [.. JsonSerializer.Deserialize<JsonElement>(text).GetProperty("predictions").EnumerateArray().Select(one => one.Text("id"))];
        }
        catch (Exception gone) when (gone is HttpRequestException or IOException)
        {
            return null;
        }
    }

    private async Task<Check> Look(string deployment, HashSet<string> answered)
    {
        await using var silo = await SiloProcessUnderTest.Start(folder);
        using var client = await silo.Ready(folder, Cancellation);

        // A prediction of now is committed behind everything that was left.
        var last = (await Send(client, deployment, $$"""{"inputs": {{fixture.Expected.GetProperty("inputs")[0].GetRawText()}}}"""))!.Single();
        answered.Add(last);
        while (true)
        {
            var newest = await client.Get($"/api/mlops/deployments/{deployment}/inference-logs?limit=1");
            if (newest.GetProperty("items").EnumerateArray().Any(item => item.Text("id") == last))
            {
                break;
            }

            await Task.Yield();
        }

        var logged = new List<(string Id, string Request)>();
        for (string? cursor = null; ;)
        {
            var part = await client.Get($"/api/mlops/deployments/{deployment}/inference-logs?limit=500&order=asc{(cursor is null ? "" : $"&after={cursor}")}");
            var items = part.GetProperty("items").EnumerateArray().Select(item => (item.Text("id"), item.Text("request_id"))).ToList();
            logged.AddRange(items);
            cursor = part.Text("next_cursor");
            if (items.Count == 0)
            {
                break;
            }
        }

        var drift = await client.Get($"/api/mlops/deployments/{deployment}/drift?window_hours=2");
        var metrics = await client.Get($"/api/mlops/deployments/{deployment}/metrics?window_minutes=60");
        return new Check(
            [.. answered.Except(logged.Select(item => item.Id))],
            [.. logged.Select(item => item.Id)],
            [.. logged.Where(item => !answered.Contains(item.Id)).GroupBy(item => item.Request).Select(batch => new Batch(batch.Key, batch.Count()))],
            drift.GetProperty("inference_rows").GetInt64(),
            metrics.GetProperty("rows").GetInt64());
    }

    private sealed record Check(IReadOnlyList<string> Missing, IReadOnlyList<string> Logged, IReadOnlyList<Batch> Extra, long DriftRows, long MetricRows);

    private sealed record Batch(string Request, int Rows);
}
