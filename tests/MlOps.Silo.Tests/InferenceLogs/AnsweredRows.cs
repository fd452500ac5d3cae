using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using MlOps.Tests.Running;
using Xunit;

namespace MlOps.Tests.InferenceLogs;

/// <summary>What clients sent to one deployment and were answered, to be held against its log.</summary>
/// <param name="rows">Rows as JSON, sent in turns.</param>
internal sealed class AnsweredRows(string deployment, params string[] rows)
{
    private readonly ConcurrentDictionary<string, string> answered = new();
    private readonly ConcurrentQueue<int> unanswered = new();
    private int turn;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Rows answered so far.</summary>
    public int Count => answered.Count;

    /// <summary>Rows of each request that got no answer.</summary>
    public IReadOnlyCollection<int> Unanswered => unanswered;

    private string Path => $"/api/mlops/deployments/{deployment}";

    /// <summary>Sends one request, which must be answered well; false when the process is gone.</summary>
    /// <param name="count">Rows; one is sent without an array around it.</param>
    public async Task<bool> Send(HttpClient client, int count) => await Post(client, count) is not null;

    /// <summary>Sends singles and batches in turn until told to end, or until the process is gone.</summary>
    /// <param name="goesOn">Asked after each answer.</param>
    public async Task Load(HttpClient client, int senders, int batch, Func<bool> goesOn) => await Task.WhenAll(Enumerable.Range(0, senders).Select(sender => Task.Run(
        async () =>
        {
            for (var own = sender; await Send(client, own % 2 == 0 ? 1 : batch) && goesOn(); own++)
            {
            }
        },
        Cancellation)));

    /// <summary>Sends one more and waits until it is in the log: whatever this silo's journal held before is there, too.</summary>
    public async Task Settle(HttpClient client)
    {
        var last = Assert.Single((await Post(client, 1))!);
        for (var status = HttpStatusCode.NotFound; status != HttpStatusCode.OK;)
        {
            await Pace.Next();
            using var found = await client.GetAsync($"{Path}/inference-logs/{last}", Cancellation);
            status = found.StatusCode;
        }
    }

    /// <summary>The whole log beside what was answered.</summary>
    public async Task<LogCheck> Check(HttpClient client)
    {
        await Settle(client);
        var (logged, changed, others, total) = (new List<string>(), new List<string>(), new Dictionary<string, int>(), 0L);
        for (string? cursor = null; ;)
        {
            var part = await client.Get($"{Path}/inference-logs?limit=500&order=asc{(cursor is null ? "" : $"&after={cursor}")}");
            (cursor, total) = (part.Text("next_cursor"), part.GetProperty("total").GetInt64());
            if (part.GetProperty("items").GetArrayLength() == 0)
            {
                break;
            }

            foreach (var item in part.GetProperty("items").EnumerateArray())
            {
                var id = item.Text("id");
                logged.Add(id);
                if (!answered.TryGetValue(id, out var sent))
                {
                    others[item.Text("request_id")] = others.GetValueOrDefault(item.Text("request_id")) + 1;
                }
                else if (item.GetProperty("inputs").GetRawText() != sent)
                {
                    changed.Add(item.GetRawText());
                }
            }
        }

        var drift = await client.Get($"{Path}/drift?window_hours=3");
        var metrics = await client.Get($"{Path}/metrics?window_minutes=180");
        return new LogCheck(
            [.. answered.Keys.Except(logged)], logged, [.. others.Values], changed, total, drift.GetProperty("inference_rows").GetInt64(), metrics.GetProperty("rows").GetInt64());
    }

    private async Task<IReadOnlyList<string>?> Post(HttpClient client, int count)
    {
        var first = Interlocked.Add(ref turn, count);
        var sent = Enumerable.Range(first, count).Select(at => rows[at % rows.Length]).ToArray();
        try
        {
            var answer = await Answer(client, $$"""{"inputs": {{(count == 1 ? sent[0] : $"[{string.Join(", ", sent)}]")}}}""");
            var ids = answer.GetProperty("predictions").EnumerateArray().Select(one => one.Text("id")).ToArray();
            Assert.All(ids.Zip(sent), one => Assert.True(answered.TryAdd(one.First, one.Second), "An id was given twice."));
            return ids;
        }
        catch (Exception gone) when (gone is HttpRequestException or IOException)
        {
            unanswered.Enqueue(count);
            return null;
        }
    }

    // After a start the model may be loaded only when it is asked for: whoever is told so sends again.
    private async Task<JsonElement> Answer(HttpClient client, string body)
    {
        while (true)
        {
            using var response = await client.PostAsync($"{Path}/predict", Json.Body(body), Cancellation);
            var text = await response.Content.ReadAsStringAsync(Cancellation);
            var answer = JsonSerializer.Deserialize<JsonElement>(text);
            if (response.StatusCode != HttpStatusCode.ServiceUnavailable || answer.Text("code") != "model_loading")
            {
                Assert.True(response.IsSuccessStatusCode, text);
                return answer;
            }
        }
    }
}

/// <summary>A deployment's log beside what clients were answered.</summary>
/// <param name="Missing">Ids that were answered and are not logged.</param>
/// <param name="Logged">All ids, in the order of the log.</param>
/// <param name="Others">For each logged request that was not answered its rows.</param>
/// <param name="Changed">Items whose inputs are not the bytes that were sent.</param>
/// <param name="Total">As pages tell it.</param>
internal sealed record LogCheck(
    IReadOnlyList<string> Missing, IReadOnlyList<string> Logged, IReadOnlyList<int> Others, IReadOnlyList<string> Changed, long Total, long DriftRows, long MetricRows)
{
    /// <summary>Every answered row is there once and as it was sent, beside it at most requests that got no answer, each as a whole; all counts are of exactly these rows.</summary>
    public void AssertExact(IReadOnlyCollection<int> unanswered)
    {
        Assert.Empty(Missing);
        Assert.Empty(Changed);
        Assert.Equal(Logged.Count, Logged.Distinct().Count());
        var sent = unanswered.GroupBy(rows => rows).ToDictionary(same => same.Key, same => same.Count());
        Assert.All(Others.GroupBy(rows => rows), same => Assert.InRange(same.Count(), 1, sent.GetValueOrDefault(same.Key)));
        Assert.Equal((Logged.Count, Logged.Count, Logged.Count), (Total, DriftRows, MetricRows));
    }

    public override string ToString() => $"{Logged.Count} rows logged, {Missing.Count} missing, {Others.Count} requests with {Others.Sum()} rows beyond those answered";
}
