using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MlOps.Tests.Postgres;
using MlOps.Tests.Running;
using Xunit;

namespace MlOps.Tests.Metrics;

/// <summary>What feedback makes of a deployment's accuracy, beside the same computed here from all that was sent.</summary>
public sealed class FeedbackTests : IDisposable
{
    private static readonly int Rounds = Environment.GetEnvironmentVariable("MLOPS_LONG") == "1" ? 200 : 4;
    private static readonly TimeSpan Visible = TimeSpan.FromSeconds(20);

    // Each step waits for its rows.
    private static readonly (string, string) OftenCommitted = ("MLOPS__InferenceLogs__CommitSeconds", "0.1");

    private readonly string folder = Directory.CreateTempSubdirectory("mlops-feedback-").FullName;
    private readonly ConcurrentQueue<Row> rows = new();
    private readonly ConcurrentQueue<Sent> sent = new();
    private readonly Random random = new(31);
    private ModelFixture fixture = null!;
    private string project = null!;
    private string deployment = null!;
    private int observations;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private bool IsRegression => !fixture.Expected.TryGetProperty("labels", out _);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("credit_logreg_pipeline")]
    [InlineData("flights_linear")]
    public async Task Accuracy_AfterEachStep_IsThatOfWhatWasSent(string model)
    {
        await using var silo = await SiloProcessUnderTest.Start(folder, OftenCommitted);
        using var client = await silo.Ready(folder, Cancellation);
        await Run(model, client);
    }

    [Theory]
    [InlineData("credit_logreg_pipeline")]
    [InlineData("flights_linear")]
    [Trait("Database", "Postgres")]
    public async Task Accuracy_AfterEachStepOfTwoProcesses_IsThatOfWhatWasSent(string model)
    {
        var database = await PostgresServer.CreateMigrated();
        try
        {
            await using var one = await Start("one");
            await using var other = await Start("other");
            using var client = await one.Ready(Path.Combine(folder, "one"), Cancellation);
            using var second = await other.Ready(Path.Combine(folder, "other"), Cancellation);
            await Run(model, client, second);

            Task<SiloProcessUnderTest> Start(string name) => SiloProcessUnderTest.Start(
                Directory.CreateDirectory(Path.Combine(folder, name)).FullName,
                OftenCommitted,
                ("MLOPS__Storage__Postgres", database),
                ("MLOPS__Cluster__SiloPort", $"{SiloProcessUnderTest.FreePort()}"),
                ("MLOPS__Cluster__GatewayPort", "0"),
                ("MLOPS__Http__DrainSeconds", "0"));
        }
        finally
        {
            await PostgresServer.Drop(database);
        }
    }

    private async Task Run(string model, params HttpClient[] clients)
    {
        fixture = new(model);
        project = await ModelFixture.Project(clients[0], "feedback");
        (_, deployment) = await fixture.Serve(clients[0], project, fixture.Metadata.ToJsonString());
        foreach (var client in clients)
        {
            await Predict(client, [.. Enumerable.Range(0, 40).Select(at => $"first {at % 35}")]);
        }

        await AssertEqual("nothing", clients);
        var half = Some(rows.Count / 2);
        var items = half.ConvertAll(row => Actual(row.Id, isKey: false));
        await Feed(clients[0], items, toProject: false);
        await AssertEqual("half of the rows, late", clients);
        await Feed(clients[^1], items, toProject: true);
        await AssertEqual("twice", clients);
        for (var round = 0; round < 3; round++)
        {
            await Feed(clients[round % clients.Length], half.ConvertAll(row => Actual(row.Id, isKey: false)), toProject: round == 1);
            await AssertEqual("out of order", clients);
        }

        await Feed(clients[0], [.. half.Take(10).Select(row => Actual(row.Id, isKey: false) with { Observed = null })], toProject: false);
        await AssertEqual("observed on arrival", clients);
        await Feed(clients[^1], [.. Enumerable.Range(0, 30).Select(at => Actual($"later {at}", isKey: true))], toProject: false);
        await AssertEqual("before its rows", clients);
        await Predict(clients[0], [.. Enumerable.Range(0, 40).Select(at => $"later {at}")]);
        await AssertEqual("its rows", clients);
        for (var round = 0; round < Rounds; round++)
        {
            await AtTheSameMoment(round, clients);
            await AssertEqual($"at the same moment, {round}", clients);
        }
    }

    // Rows are answered by both, and what they turned out to be is sent to both, of these rows and of some of before.
    private async Task AtTheSameMoment(int round, HttpClient[] clients)
    {
        string[] keys = [.. Enumerable.Range(0, 20).Select(at => $"round {round} {at}")];
        var before = Some(40);
        List<Sent> mine = [.. keys.Take(12).Select(key => Actual(key, isKey: true)), .. before.Take(30).Select(row => Actual(row.Id, isKey: false)), .. before.Take(5).Select(row => Actual(row.Key, isKey: true))];
        List<Sent> others = [.. mine.Where((_, at) => at % 3 == 0), .. keys.Skip(6).Take(10).Select(key => Actual(key, isKey: true)), .. before.Skip(10).Select(row => Actual(row.Id, isKey: false))];
        random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(mine));
        random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(others));
        await Task.WhenAll(
            Predict(clients[0], keys),
            Predict(clients[^1], keys[..10]),
            Feed(clients[0], mine, toProject: false),
            Feed(clients[^1], others, toProject: true),
            Feed(clients[^1], mine, toProject: false));
    }

    private List<Row> Some(int count)
    {
        var all = rows.ToArray();
        random.Shuffle(all);
        return [.. all.Take(count)];
    }

    // No two are of the same time, so that it does not matter which comes first.
    private Sent Actual(string name, bool isKey) => new(
        name,
        isKey,
        IsRegression ? random.Next(-50, 200).ToString(CultureInfo.InvariantCulture) : $"\"{fixture.Expected.GetProperty("labels")[random.Next(30)].GetString()}\"",
        DateTimeOffset.UnixEpoch.AddYears(50).AddSeconds((++observations * 7_919L) % 100_003));

    private async Task Predict(HttpClient client, string[] keys)
    {
        var inputs = fixture.Expected.GetProperty("inputs");
        var answer = await client.Post(
            $"/api/mlops/deployments/{deployment}/predict",
            $$$"""{"inputs": [{{{string.Join(',', keys.Select((_, at) => inputs[at % inputs.GetArrayLength()].GetRawText()))}}}], "options": {"ids": {{{JsonSerializer.Serialize(keys)}}}}}""");
        foreach (var (one, key) in answer.GetProperty("predictions").EnumerateArray().Zip(keys))
        {
            rows.Enqueue(new(one.Text("id"), key, one.GetProperty("prediction").Clone()));
        }
    }

    private async Task Feed(HttpClient client, List<Sent> items, bool toProject)
    {
        foreach (var item in items)
        {
            sent.Enqueue(item with { Observed = item.Observed ?? DateTimeOffset.MaxValue });
        }

        var body = string.Join(',', items.Select(item =>
            $$"""{"{{(item.IsKey ? "external_id" : "inference_id")}}": "{{item.Name}}", "actual": {{item.Actual}}{{(item.Observed is { } at ? $", \"observed_at\": \"{at:yyyy-MM-ddTHH:mm:ssZ}\"" : "")}}}"""));
        var answer = await client.Post(toProject ? $"/api/mlops/projects/{project}/feedback" : $"/api/mlops/deployments/{deployment}/feedback", $$"""{"items": [{{body}}]}""");
        Assert.Equal((items.Count, 0), (answer.GetProperty("accepted").GetInt32(), answer.GetProperty("invalid").GetArrayLength()));
    }

    private async Task AssertEqual(string step, HttpClient[] clients)
    {
        var expected = Expected();
        foreach (var client in clients)
        {
            var waited = Stopwatch.StartNew();
            var found = await Found(client);
            while (!Same(expected, found) && waited.Elapsed < Visible)
            {
                await Pace.Next();
                found = await Found(client);
            }

            Assert.True(Same(expected, found), $"After {step}: {found} instead of {expected}.");
        }
    }

    // The latest observation of each row, by its id or its key.
    private Measures Expected()
    {
        var named = sent.ToLookup(one => (one.IsKey, one.Name));
        var known = rows.Select(row => (row.Prediction, Actual: named[(false, row.Id)].Concat(named[(true, row.Key)]).MaxBy(one => one.Observed)?.Actual)).Where(one => one.Actual is not null).ToList();
        if (!IsRegression)
        {
            return new(rows.Count, known.Count, known.Count(one => one.Prediction.GetRawText() == one.Actual), 0, 0);
        }

        var (errors, actuals) = (known.ConvertAll(one => one.Prediction.GetDouble() - double.Parse(one.Actual!, CultureInfo.InvariantCulture)), known.ConvertAll(one => double.Parse(one.Actual!, CultureInfo.InvariantCulture)));
        var mean = actuals.DefaultIfEmpty().Average();
        return new(
            rows.Count, known.Count, 0, errors.Select(Math.Abs).DefaultIfEmpty().Average(), known.Count == 0 ? 0 : 1 - (errors.Sum(error => error * error) / actuals.Sum(actual => (actual - mean) * (actual - mean))));
    }

    private async Task<Measures> Found(HttpClient client)
    {
        var metrics = await client.Get($"/api/mlops/deployments/{deployment}/metrics?window_minutes=1440");
        var (count, accuracy) = (metrics.GetProperty("rows").GetInt32(), metrics.GetProperty("accuracy"));
        if (accuracy.ValueKind == JsonValueKind.Null)
        {
            return new(count, 0, 0, 0, 0);
        }

        var labelled = accuracy.GetProperty("labelled").GetInt32();
        return IsRegression
            ? new(count, labelled, 0, accuracy.GetProperty("mae").GetDouble(), accuracy.GetProperty("r2").GetDouble())
            : new(count, labelled, accuracy.GetProperty("accuracy").GetDouble() * labelled, 0, 0);
    }

    private static bool Same(Measures one, Measures other) =>
        (one.Rows, one.Labelled) == (other.Rows, other.Labelled) && Near(one.Correct, other.Correct) && Near(one.MeanError, other.MeanError) && Near(one.RSquared, other.RSquared);

    private static bool Near(double one, double other) => Math.Abs(one - other) <= 1e-9 * Math.Max(1, Math.Abs(one));

    private sealed record Row(string Id, string Key, JsonElement Prediction);

    /// <param name="Observed">Null where it is not sent.</param>
    private sealed record Sent(string Name, bool IsKey, string Actual, DateTimeOffset? Observed);

    private sealed record Measures(int Rows, int Labelled, double Correct, double MeanError, double RSquared);
}
