using System.Net;
using System.Net.Http.Headers;
using Xunit;

namespace MlOps.Tests.Telemetry;

/// <summary>What Prometheus reads is what was sent.</summary>
public sealed class MetricsTests(MetricsTests.NarrowSilo silo) : IClassFixture<MetricsTests.NarrowSilo>
{
    private readonly ModelFixture fixture = new("credit_logreg_pipeline");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Metrics_NeedNoKey_AndFollowTheFormat()
    {
        using var anyone = silo.ClientWith(null);
        using var response = await anyone.GetAsync("/metrics", Cancellation);
        var read = PrometheusText.Read(await response.Content.ReadAsStringAsync(Cancellation));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/plain", response.Content.Headers.ContentType?.MediaType);
        (string, string)[] told =
        [
            ("mlops_predict_requests_total", "counter"), ("mlops_predict_rows_total", "counter"), ("mlops_predict_in_flight", "gauge"), ("mlops_predict_buffered_bytes", "gauge"),
            ("mlops_models_loaded", "gauge"), ("mlops_models_unloads_total", "counter"), ("mlops_models_memory_bytes", "gauge"), ("mlops_models_memory_budget_bytes", "gauge"),
            ("mlops_journal_waiting_bytes", "gauge"), ("mlops_journal_capacity_bytes", "gauge"), ("mlops_journal_oldest_waiting_seconds", "gauge"),
            ("mlops_journal_committed_rows_total", "counter"), ("mlops_journal_rejected_rows_total", "counter"), ("mlops_journal_dropped_total", "counter"),
            ("mlops_journal_of_deleted_total", "counter"), ("mlops_journal_damaged_total", "counter"), ("mlops_journal_lost_total", "counter"),
            ("dotnet_process_memory_working_set_bytes", "gauge"), ("kestrel_active_connections", "gauge"),
        ];
        Assert.All(told, one => Assert.Equal(one.Item2, read.Families.GetValueOrDefault(one.Item1)));
        using var post = await anyone.PostAsync("/metrics", null, Cancellation);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, post.StatusCode);
    }

    [Fact]
    public async Task Counters_EqualWhatWasSent_UntilTheDeploymentIsGone()
    {
        var project = await ModelFixture.Project(silo.Client, "counted");
        var (_, deployment) = await fixture.Serve(silo.Client, project, fixture.Metadata.ToJsonString());
        var path = $"/api/mlops/deployments/{deployment}/predict";
        var row = fixture.Expected.GetProperty("inputs")[0].GetRawText();
        var before = await Read(_ => true);
        for (var i = 0; i < 5; i++)
        {
            await silo.Client.Post(path, $$"""{"inputs": [{{row}}, {{row}}]}""");
        }

        for (var i = 0; i < 4; i++)
        {
            await silo.Client.Post(path, """{"inputs": {"nothing": 1}}""", HttpStatusCode.UnprocessableEntity);
        }

        await silo.Client.Post("/api/mlops/deployments/01a20bd8-86f7-7619-b472-b52f760f3812/predict", "{}", HttpStatusCode.NotFound);
        await Overload(path);
        await silo.Client.Post(path, $$"""{"inputs": {{row}}}""");

        double? Requests(PrometheusText read, string of, int status) => read.Value("mlops_predict_requests_total", ("deployment", of), ("status", $"{status}"));
        var read = await Read(now => Requests(now, deployment, 200) == 6 && Requests(now, deployment, 429) == 1);
        Assert.Equal(4, Requests(read, deployment, 422));
        Assert.Equal(1, Requests(read, "none", 404));
        Assert.Equal(11, read.Value("mlops_predict_rows_total", ("deployment", deployment)));
        Assert.Equal(6, read.Value("mlops_predict_duration_seconds_count") - (before.Value("mlops_predict_duration_seconds_count") ?? 0));
        Assert.Equal(4, read.Value("mlops_http_refusals_total", ("code", "invalid_inputs")));
        Assert.Equal(1, read.Value("mlops_http_refusals_total", ("code", "overloaded")));
        Assert.True(read.Value("mlops_models_loads_total", ("result", "loaded")) >= 1);
        Assert.True(read.Value("mlops_models_loaded") >= 1);
        Assert.True(read.Value("mlops_models_memory_bytes") > 0);

        // The rows answered, one for each refusal, and none for what was only counted.
        var committed = await Read(now => now.Value("mlops_journal_committed_rows_total") >= 16 && now.Value("mlops_journal_waiting_bytes") == 0);
        Assert.Equal(16, committed.Value("mlops_journal_committed_rows_total"));
        Assert.True(committed.Value("mlops_journal_commit_duration_seconds_count") >= 1);
        Assert.Equal(0, committed.Value("mlops_journal_oldest_waiting_seconds"));
        LabelsAreBounded(committed);

        await silo.Client.Post($"/api/mlops/deployments/{deployment}/deactivate");
        var gone = await Read(now => Requests(now, deployment, 200) is null);
        Assert.DoesNotContain(gone.Samples, sample => sample.Labels.Any(label => label.Value == deployment));
    }

    [Fact]
    public async Task RefusalsOfRouting_AreCounted()
    {
        double Of(PrometheusText read, string code) => read.Value("mlops_http_refusals_total", ("code", code)) ?? 0;
        var before = await Read(_ => true);
        await silo.Client.Expect(HttpStatusCode.NotFound, HttpMethod.Get, "/api/nothing");
        await silo.Client.Expect(HttpStatusCode.MethodNotAllowed, HttpMethod.Delete, "/api/projects");

        var after = await Read(now => Of(now, "not_found") > Of(before, "not_found") && Of(now, "method_not_allowed") > Of(before, "method_not_allowed"));

        Assert.Equal((1, 1), (Of(after, "not_found") - Of(before, "not_found"), Of(after, "method_not_allowed") - Of(before, "method_not_allowed")));
    }

    private static void LabelsAreBounded(PrometheusText read)
    {
        var own = read.Samples.Where(sample => sample.Name.StartsWith("mlops_", StringComparison.Ordinal)).SelectMany(sample => sample.Labels).ToList();

        Assert.Equal(["code", "deployment", "le", "result", "status"], own.Select(label => label.Name).Distinct().Order(StringComparer.Ordinal));
        Assert.All(own.Where(label => label.Name == "deployment"), label => Assert.True(label.Value is "other" or "none" || Guid.TryParse(label.Value, out _), label.Value));
    }

    // One request holds the only place, its body half sent; the next finds none.
    private async Task Overload(string path)
    {
        var rest = new TaskCompletionSource();
        using var held = new HttpRequestMessage(HttpMethod.Post, path) { Content = new HeldContent(rest.Task) };
        var holding = silo.Client.SendAsync(held, Cancellation);
        await Read(now => now.Value("mlops_predict_in_flight") == 1);
        await silo.Client.Post(path, "{}", HttpStatusCode.TooManyRequests);
        rest.SetResult();
        using var ended = await holding;
        Assert.Equal(HttpStatusCode.BadRequest, ended.StatusCode);
    }

    // What was answered may be counted a moment later: it is asked again until it tells.
    private async Task<PrometheusText> Read(Func<PrometheusText, bool> until)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        using var anyone = silo.ClientWith(null);
        while (true)
        {
            var text = await anyone.GetStringAsync("/metrics", Cancellation);
            var read = PrometheusText.Read(text);
            if (until(read))
            {
                return read;
            }

            Assert.False(limit.IsCancellationRequested, text);
            await Task.Delay(50, Cancellation);
        }
    }

    /// <summary>A silo that takes one prediction at a time.</summary>
    public sealed class NarrowSilo : RunningSilo
    {
        protected override IEnumerable<KeyValuePair<string, string?>> Settings => [new("Predictions:MaxRequestsInFlight", "1")];
    }

    private sealed class HeldContent : HttpContent
    {
        private readonly Task rest;

        public HeldContent(Task rest)
        {
            this.rest = rest;
            Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync("{"u8.ToArray());
            await stream.FlushAsync();
            await rest;
            await stream.WriteAsync("{"u8.ToArray());
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 2;
            return true;
        }
    }
}
