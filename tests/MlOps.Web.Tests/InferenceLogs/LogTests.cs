using System.Globalization;
using System.Net;
using System.Text.Json;
using Xunit;

namespace MlOps.Tests.InferenceLogs;

/// <summary>The log of real predictions, read as callers read it.</summary>
public sealed class LogTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    private readonly ModelFixture fixture = new("credit_logreg_pipeline");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Item_IsAsApproved()
    {
        var (_, deployment) = await Serve("log-shape");
        await Predict(deployment, $$$"""{"inputs": [{{{Row(0)}}}], "options": {"ids": ["mine"]}}""");
        await silo.Client.Post(Path(deployment, "predict"), """{"inputs": [{"nothing": 1}, {}]}""", HttpStatusCode.UnprocessableEntity);

        var page = await Logged(deployment, 2);

        Approved.Same("page", Scrub.Of(page));
        var answered = page.GetProperty("items")[1];
        Assert.Equal(Row(0), answered.GetProperty("inputs").GetRawText());
        var single = await silo.Client.Get(Logs(deployment) + "/" + answered.Text("id"));
        Assert.Equal(answered.GetRawText(), single.GetProperty("inference").GetRawText());
    }

    [Fact]
    public async Task Inputs_AreTheBytesThatWereSent()
    {
        var (_, deployment) = await Serve("log-bytes");
        var sent = Row(0).Replace("\":", "\"  :\t", StringComparison.Ordinal).Replace("{", "{ ", StringComparison.Ordinal);
        await Predict(deployment, $$"""{"inputs": {{sent}}}""");

        Assert.Equal(sent, (await Logged(deployment, 1)).GetProperty("items")[0].GetProperty("inputs").GetRawText());
    }

    [Fact]
    public async Task Payload_ThatIsNotToBeStored_IsNotShown()
    {
        var (_, deployment) = await Serve("log-payload");
        await Predict(deployment, $$$"""{"inputs": {{{Row(0)}}}, "options": {"store_payload": false}}""");
        await Predict(deployment, $$$"""{"inputs": {{{Row(0)}}}, "options": {"anonymize_logs": true}}""");

        var items = (await Logged(deployment, 2)).GetProperty("items");
        Assert.All(items.EnumerateArray(), item => Assert.Equal(JsonValueKind.Null, item.GetProperty("inputs").ValueKind));
        Assert.True(items[0].GetProperty("privacy").GetProperty("withheld").GetBoolean());
        Assert.Equal(JsonValueKind.Null, items[1].GetProperty("privacy").ValueKind);
    }

    [Fact]
    public async Task Pages_HoldEveryRowOnce_NewestFirst()
    {
        var (_, deployment) = await Serve("log-pages");
        var ids = (await Predict(deployment, Batch(40))).Concat(await Predict(deployment, Batch(13))).ToList();
        await Logged(deployment, 53);

        var paged = new List<string>();
        for (var offset = 0; offset < 60; offset += 7)
        {
            var page = await silo.Client.Get($"{Logs(deployment)}?limit=7&offset={offset}");
            Assert.Equal((53, 7, offset), (page.GetProperty("total").GetInt32(), page.GetProperty("limit").GetInt32(), page.GetProperty("offset").GetInt32()));
            paged.AddRange(Ids(page));
        }

        Assert.Equal(ids.AsEnumerable().Reverse(), paged);
    }

    [Fact]
    public async Task Tail_HoldsEveryRowOnce_InTheOrderOfCommits()
    {
        var (_, deployment) = await Serve("log-tail");
        var ids = (await Predict(deployment, Batch(25))).ToList();
        await Logged(deployment, 25);
        var (seen, cursor) = (new List<string>(), "");
        await Follow(25);
        ids.AddRange(await Predict(deployment, Batch(30)));
        await Follow(55);

        Assert.Equal(ids, seen);
        var end = await silo.Client.Get($"{Logs(deployment)}?order=asc&after={cursor}");
        Assert.Empty(Ids(end));
        Assert.Equal(55, end.GetProperty("total").GetInt32());

        async Task Follow(int until)
        {
            while (seen.Count < until)
            {
                var part = await silo.Client.Get($"{Logs(deployment)}?order=asc&limit=9{(cursor == "" ? "" : $"&after={cursor}")}");
                seen.AddRange(Ids(part));
                cursor = part.Text("next_cursor");
            }
        }
    }

    [Fact]
    public async Task Filters_TellRowsApart()
    {
        var (_, deployment) = await Serve("log-filters");
        var answered = await silo.Client.Post(Path(deployment, "predict"), $$"""{"inputs": [{{string.Join(',', Enumerable.Range(0, 30).Select(Row))}}]}""");
        await Predict(deployment, $$$"""{"inputs": {{{Row(0)}}}, "options": {"ids": ["order 7"]}}""");
        await silo.Client.Post(Path(deployment, "predict"), "{}", HttpStatusCode.UnprocessableEntity);
        var all = await Logged(deployment, 32);

        var labels = answered.GetProperty("predictions").EnumerateArray().Select(one => one.Text("prediction")).Append(all.GetProperty("items")[1].Text("prediction")).ToList();
        foreach (var group in labels.GroupBy(label => label))
        {
            var page = await silo.Client.Get($"{Logs(deployment)}?limit=100&prediction={group.Key}");
            Assert.Equal(group.Count(), page.GetProperty("total").GetInt32());
            Assert.All(page.GetProperty("items").EnumerateArray(), item => Assert.Equal(group.Key, item.Text("prediction")));
        }

        Assert.Equal(31, await Total(deployment, "status_code=200"));
        Assert.Equal(1, await Total(deployment, "status_code=422"));
        Assert.Equal(0, await Total(deployment, "status_code=424"));
        Assert.Equal(1, await Total(deployment, "external_id=order%207"));
        Assert.Equal(0, await Total(deployment, "prediction=neither"));
        var newest = all.GetProperty("items")[0].GetProperty("created_us").GetInt64() / 1_000;
        Assert.Equal(32, await Total(deployment, $"until={Time(newest + 1)}"));
        Assert.Equal(0, await Total(deployment, $"since={Time(newest)}"));
        Assert.NotEqual(32, await Total(deployment, $"until={Time(newest)}"));

        static string Time(long milliseconds) =>
            DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).ToOffset(TimeSpan.FromHours(2)).ToString("yyyy-MM-dd'T'HH:mm:ss.fffzzz", CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task PredictionOfARegression_IsFoundByItsNumber()
    {
        var regression = new ModelFixture("flights_linear");
        var project = await ModelFixture.Project(silo.Client, "log-number");
        var (_, deployment) = await regression.Serve(silo.Client, project, regression.Metadata.ToJsonString());
        await Predict(deployment, $$"""{"inputs": [{{string.Join(',', regression.Expected.GetProperty("inputs").EnumerateArray().Take(20).Select(row => row.GetRawText()))}}]}""");
        var wanted = (await Logged(deployment, 20)).GetProperty("items")[4].GetProperty("prediction");

        var found = await silo.Client.Get($"{Logs(deployment)}?prediction={wanted.GetRawText()}");
        Assert.Contains(found.GetProperty("items").EnumerateArray(), item => item.GetProperty("prediction").GetDouble() == wanted.GetDouble());
        Assert.Equal(found.GetProperty("items").GetArrayLength(), found.GetProperty("total").GetInt32());
        var refused = await silo.Client.Expect(HttpStatusCode.UnprocessableEntity, HttpMethod.Get, $"{Logs(deployment)}?prediction=late");
        Assert.Equal("?prediction", refused.GetProperty("errors")[0].Text("pointer"));
    }

    [Fact]
    public async Task DeletedDeployment_KeepsItsLog_ForWhoMaySeeIt()
    {
        var (project, deployment) = await Serve("log-deleted");
        var id = Assert.Single(await Predict(deployment, $$"""{"inputs": {{Row(0)}}}"""));
        await Logged(deployment, 1);
        await silo.Client.Post(Path(deployment, "deactivate"));
        await silo.Client.Expect(HttpStatusCode.OK, HttpMethod.Delete, $"/api/mlops/deployments/{deployment}");

        Assert.Equal(id, Assert.Single(Ids(await silo.Client.Get(Logs(deployment)))));
        using var own = await Bound(project);
        using var stranger = await Bound(await ModelFixture.Project(silo.Client, "log-stranger"));
        await own.Get($"{Logs(deployment)}/{id}");
        await stranger.Expect(HttpStatusCode.NotFound, HttpMethod.Get, Logs(deployment));
        await stranger.Expect(HttpStatusCode.NotFound, HttpMethod.Get, $"{Logs(deployment)}/{id}");
    }

    [Fact]
    public async Task Deployment_ThatHasAnsweredNothing_HasAnEmptyLog()
    {
        var (_, deployment) = await Serve("log-empty");

        Assert.Equal(0, (await silo.Client.Get(Logs(deployment))).GetProperty("total").GetInt32());
        Assert.NotEmpty((await silo.Client.Get($"{Logs(deployment)}?order=asc")).Text("next_cursor"));
        await silo.Client.Expect(HttpStatusCode.NotFound, HttpMethod.Get, $"{Logs(deployment)}/{Guid.NewGuid()}");
        await silo.Client.Expect(HttpStatusCode.NotFound, HttpMethod.Get, $"{Logs(deployment)}/nonsense");
        await silo.Client.Expect(HttpStatusCode.NotFound, HttpMethod.Get, Logs(Guid.NewGuid().ToString()));
    }

    [Theory]
    [InlineData("limit=0", "?limit")]
    [InlineData("limit=501", "?limit")]
    [InlineData("offset=-1", "?offset")]
    [InlineData("since=yesterday", "?since")]
    [InlineData("until=2026-13-01", "?until")]
    [InlineData("status_code=ok", "?status_code")]
    [InlineData("order=rising", "?order")]
    [InlineData("after=AQ", "?after")]
    [InlineData("order=asc&after=nonsense", "?after")]
    [InlineData("order=asc&offset=5", "?offset")]
    [InlineData("externl_id=5", "?externl_id")]
    public async Task WrongQuery_IsRefused(string query, string pointer)
    {
        var (_, deployment) = await Serve("log-query");
        var problem = await silo.Client.Expect(HttpStatusCode.UnprocessableEntity, HttpMethod.Get, $"{Logs(deployment)}?{query}");

        Assert.Equal(pointer, Assert.Single(problem.GetProperty("errors").EnumerateArray()).Text("pointer"));
    }

    private static string Path(string deployment, string rest) => $"/api/mlops/deployments/{deployment}/{rest}";

    private static string Logs(string deployment) => Path(deployment, "inference-logs");

    private static IEnumerable<string> Ids(JsonElement page) => page.GetProperty("items").EnumerateArray().Select(item => item.Text("id"));

    private string Row(int index) => fixture.Expected.GetProperty("inputs")[index].GetRawText();

    private string Batch(int rows) => $$"""{"inputs": [{{string.Join(',', Enumerable.Repeat(Row(0), rows))}}]}""";

    private async Task<(string Project, string Deployment)> Serve(string name)
    {
        var project = await ModelFixture.Project(silo.Client, name);
        return (project, (await fixture.Serve(silo.Client, project, fixture.Metadata.ToJsonString())).Deployment);
    }

    private async Task<IEnumerable<string>> Predict(string deployment, string body) =>
        (await silo.Client.Post(Path(deployment, "predict"), body)).GetProperty("predictions").EnumerateArray().Select(one => one.Text("id"));

    private async Task<int> Total(string deployment, string query) => (await silo.Client.Get($"{Logs(deployment)}?{query}")).GetProperty("total").GetInt32();

    private async Task<HttpClient> Bound(string project)
    {
        var key = await silo.Client.Post("/api/auth/api-keys", $$"""{"name": "bound", "scopes": ["read"], "project_id": "{{project}}"}""", HttpStatusCode.Created);
        return silo.ClientWith(key.Text("key"));
    }

    private async Task<JsonElement> Logged(string deployment, int rows)
    {
        while (true)
        {
            var page = await silo.Client.Get(Logs(deployment));
            if (page.GetProperty("total").GetInt32() >= rows)
            {
                return page;
            }

            await Task.Delay(50, Cancellation);
        }
    }
}
