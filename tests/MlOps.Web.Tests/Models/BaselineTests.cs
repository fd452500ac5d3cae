using System.Globalization;
using System.Net;
using System.Text.Json;
using ParquetSharp;
using Xunit;
using Encoding = System.Text.Encoding;

namespace MlOps.Tests.Models;

/// <summary>Baselines in either format, of any size, at registration and later; rows over 64 KiB go to a job here.</summary>
public sealed class BaselineTests(BaselineTests.SmallAnswers silo) : IClassFixture<BaselineTests.SmallAnswers>
{
    private const int Few = 200;
    private const int Many = 4_000;

    private readonly ModelFixture fixture = new("flights_linear");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Few)]
    [InlineData(Many)]
    public async Task Parquet_IsUnderstoodAsTheCsvOfTheSameRows(int rows)
    {
        var project = await ModelFixture.Project(silo.Client, "formats");
        var (csv, parquet) = Rows(rows);

        var (first, second) = (await Ready(await Register(project, csv, "rows.csv")), await Ready(await Register(project, parquet, "rows.parquet")));

        Assert.Equal("ready", first.Text("baseline_status"));
        foreach (var field in new[] { "baseline_rows", "signature", "example_request", "preview", "warnings" })
        {
            Assert.Equal(first.GetProperty(field).GetRawText(), second.GetProperty(field).GetRawText());
        }

        Assert.Equal(rows, first.GetProperty("baseline_rows").GetInt32());
        Assert.Equal(rows == Few ? JsonValueKind.Null : JsonValueKind.String, first.GetProperty("baseline_job_id").ValueKind);
    }

    [Fact]
    public async Task LargeBaseline_IsAnsweredBeforeItsJobHasRead()
    {
        var project = await ModelFixture.Project(silo.Client, "job");
        var answer = await Register(project, Rows(Many).Csv, "rows.csv");
        Approved.Same("registered_processing", Scrub.Of(answer));

        var job = await Ended(answer);
        Approved.Same("job", Scrub.Of(job));
        Assert.Equal(answer.Text("id"), job.GetProperty("job").Text("model_id"));
        Assert.Equal(Many, job.GetProperty("job").GetProperty("result").GetProperty("baseline_rows").GetInt32());
        var listed = (await silo.Client.Get($"/api/models?project_id={project}")).GetProperty("items")[0];
        Assert.Equal(("ready", Many), (listed.Text("baseline_status"), listed.GetProperty("baseline_rows").GetInt32()));
        await silo.Client.Post(
            $"/api/mlops/projects/{project}/deployments", $$"""{"model_id": "{{answer.Text("id")}}", "name": "d"}""", HttpStatusCode.Created);
    }

    [Fact]
    public async Task Job_IsSeenByKeysOfItsProjectAlone()
    {
        var project = await ModelFixture.Project(silo.Client, "keys");
        var other = await ModelFixture.Project(silo.Client, "other");
        var job = (await Register(project, Rows(Many).Csv, "rows.csv")).Text("baseline_job_id");

        using var own = await Bound(project);
        using var stranger = await Bound(other);
        await own.Get($"/api/jobs/{job}");
        Assert.Equal("not_found", (await stranger.Expect(HttpStatusCode.NotFound, HttpMethod.Get, $"/api/jobs/{job}")).Text("code"));
        await silo.Client.Expect(HttpStatusCode.NotFound, HttpMethod.Get, $"/api/jobs/{Guid.NewGuid()}");
        await silo.Client.Expect(HttpStatusCode.NotFound, HttpMethod.Get, "/api/jobs/nonsense");
    }

    [Fact]
    public async Task RowThatOnlyTheJobFinds_FailsTheBaselineWithWords()
    {
        var project = await ModelFixture.Project(silo.Client, "late-fault");
        var csv = new System.Text.StringBuilder("distance,hour,day_of_week,delay\n");
        for (var row = 0; row < 60_000; row++)
        {
            csv.Append(CultureInfo.InvariantCulture, $"{(row == 59_000 ? "oops" : row)},{row % 24},{row % 7},{row % 100}\n");
        }

        var answer = await Register(project, Encoding.UTF8.GetBytes(csv.ToString()), "rows.csv");
        var job = (await Ended(answer)).GetProperty("job");

        Assert.Equal("failed", job.Text("status"));
        Assert.Contains("'oops'", job.Text("error"), StringComparison.Ordinal);
        var model = await silo.Client.Get($"/api/models/{answer.Text("id")}");
        Assert.Equal(("failed", job.Text("error")), (model.Text("baseline_status"), model.Text("baseline_error")));
    }

    [Theory]
    [InlineData(Few)]
    [InlineData(Many)]
    public async Task Put_GivesABaselineOnce(int rows)
    {
        var project = await ModelFixture.Project(silo.Client, "later");
        var bare = await Register(project, null, "");
        var path = $"/api/models/{bare.Text("id")}/baseline";
        Assert.Equal("none", bare.Text("baseline_status"));

        var given = await Put(path, HttpStatusCode.OK, ("baseline", Rows(rows).Parquet));
        Assert.Equal(given.Text("id"), given.GetProperty("model").Text("id"));
        var ready = await Ready(given);

        Assert.Equal(("ready", rows), (ready.Text("baseline_status"), ready.GetProperty("baseline_rows").GetInt32()));
        Assert.Equal(bare.GetProperty("signature").GetRawText(), ready.GetProperty("signature").GetRawText());
        Assert.Equal("baseline_exists", (await Put(path, HttpStatusCode.Conflict, ("baseline", Rows(rows).Csv))).Text("code"));
        var timeline = (await silo.Client.Get($"/api/projects/{project}/timeline")).GetProperty("events").EnumerateArray().Select(happened => happened.Text("action"));
        Assert.Equal(["baseline_added", "model_registered"], timeline);
    }

    [Fact]
    public async Task Put_WithoutFittingRows_ChangesNothing()
    {
        var project = await ModelFixture.Project(silo.Client, "unfit");
        var bare = await Register(project, null, "");
        var path = $"/api/models/{bare.Text("id")}/baseline";

        Assert.Equal("validation_failed", (await Put(path, HttpStatusCode.UnprocessableEntity, ("reference", Rows(1).Csv))).Text("code"));
        Assert.Equal("/covers", (await Put(path, HttpStatusCode.UnprocessableEntity, ("baseline", Rows(1).Csv), ("covers", [1]))).GetProperty("errors")[0].Text("pointer"));
        var unfit = await Put(path, HttpStatusCode.UnprocessableEntity, ("baseline", "a,b\n1,2\n"u8.ToArray()));
        Assert.Equal("invalid_baseline", unfit.Text("code"));
        Assert.Equal("invalid_baseline", (await Put(path, HttpStatusCode.UnprocessableEntity, ("baseline", "PAR1 and more PAR1"u8.ToArray()))).Text("code"));
        await Put($"/api/models/{Guid.NewGuid()}/baseline", HttpStatusCode.NotFound, ("baseline", Rows(1).Csv));

        Assert.Equal("none", (await silo.Client.Get($"/api/models/{bare.Text("id")}")).Text("baseline_status"));
    }

    [Fact]
    public async Task BaselineOverTheLimit_IsTooLarge()
    {
        var project = await ModelFixture.Project(silo.Client, "too-large");
        using var form = fixture.Form(project, null, baseline: false);
        form.Add(new ByteArrayContent(new byte[(4 << 20) + 1]), "baseline", "baseline.csv");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/models") { Content = form };

        Assert.Equal("body_too_large", (await silo.Client.Expect(HttpStatusCode.RequestEntityTooLarge, request)).Text("code"));
    }

    [Fact]
    public async Task DryRun_OfALargeBaselineStoresNothing()
    {
        var project = await ModelFixture.Project(silo.Client, "dry-large");
        using var form = fixture.Form(project, Metadata, baseline: false);
        form.Add(new ByteArrayContent(Rows(Many).Csv), "baseline", "rows.csv");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/models?dry_run=true") { Content = form };
        var tried = await silo.Client.Expect(HttpStatusCode.OK, request);

        Assert.Equal("processing", tried.Text("baseline_status"));
        Assert.Equal(JsonValueKind.Null, tried.GetProperty("baseline_job_id").ValueKind);
        Assert.Equal(0, (await silo.Client.Get($"/api/models?project_id={project}")).GetProperty("total").GetInt32());
    }

    // Without what registration warns of as unknown.
    private string Metadata
    {
        get
        {
            var metadata = fixture.Metadata;
            foreach (var unknown in new[] { "name", "algo", "onnx_inputs", "onnx_outputs", "ops" })
            {
                metadata.Remove(unknown);
            }

            return metadata.ToJsonString();
        }
    }

    private static (byte[] Csv, byte[] Parquet) Rows(int count)
    {
        var distance = Enumerable.Range(0, count).Select(row => Math.Round(row * 1.37, 2)).ToArray();
        var hour = Enumerable.Range(0, count).Select(row => (long)row % 24).ToArray();
        var day = Enumerable.Range(0, count).Select(row => row % 11 == 0 ? (int?)null : row % 7).ToArray();
        var delay = Enumerable.Range(0, count).Select(row => ((row * 7919) % 1000) / 8f).ToArray();
        var csv = string.Concat(Enumerable.Range(0, count).Select(row => string.Create(CultureInfo.InvariantCulture, $"{distance[row]},{hour[row]},{day[row]},{delay[row]}\n")));
        using var bytes = new MemoryStream();
        using (var file = new ParquetFileWriter(
            bytes, [new Column<double>("distance"), new Column<long>("hour"), new Column<int?>("day_of_week"), new Column<float>("delay")], null, Compression.Uncompressed, leaveOpen: true))
        {
            using var group = file.AppendRowGroup();
            Write(group, distance);
            Write(group, hour);
            Write(group, day);
            Write(group, delay);
            file.Close();
        }

        return (Encoding.UTF8.GetBytes("distance,hour,day_of_week,delay\n" + csv), bytes.ToArray());

        static void Write<T>(RowGroupWriter group, T[] values)
        {
            using var writer = group.NextColumn().LogicalWriter<T>();
            writer.WriteBatch(values);
        }
    }

    private async Task<JsonElement> Register(string project, byte[]? rows, string name)
    {
        using var form = fixture.Form(project, Metadata, baseline: false);
        if (rows is not null)
        {
            form.Add(new ByteArrayContent(rows), "baseline", name);
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/models") { Content = form };
        return await silo.Client.Expect(HttpStatusCode.Created, request);
    }

    private async Task<JsonElement> Put(string path, HttpStatusCode status, params (string Part, byte[] Bytes)[] parts)
    {
        using var form = new MultipartFormDataContent();
        foreach (var (part, bytes) in parts)
        {
            form.Add(new ByteArrayContent(bytes), part, part);
        }

        using var request = new HttpRequestMessage(HttpMethod.Put, path) { Content = form };
        return await silo.Client.Expect(status, request);
    }

    private async Task<JsonElement> Ended(JsonElement model)
    {
        while (true)
        {
            var job = await silo.Client.Get($"/api/jobs/{model.Text("baseline_job_id")}");
            if (job.GetProperty("job").Text("status") is "succeeded" or "failed")
            {
                return job;
            }

            await Task.Delay(50, Cancellation);
        }
    }

    private async Task<JsonElement> Ready(JsonElement model)
    {
        if (model.GetProperty("baseline_job_id").ValueKind == JsonValueKind.String)
        {
            Assert.Equal("processing", model.Text("baseline_status"));
            var job = await Ended(model);
            Assert.True(job.GetProperty("job").Text("status") == "succeeded", job.ToString());
        }

        return await silo.Client.Get($"/api/models/{model.Text("id")}");
    }

    private async Task<HttpClient> Bound(string project)
    {
        var key = await silo.Client.Post("/api/auth/api-keys", $$"""{"name": "bound", "scopes": ["read"], "project_id": "{{project}}"}""", HttpStatusCode.Created);
        return silo.ClientWith(key.Text("key"));
    }

    /// <summary>A silo that reads 64 KiB of rows before an answer, and takes 4 MiB.</summary>
    public sealed class SmallAnswers : RunningSilo
    {
        protected override IEnumerable<KeyValuePair<string, string?>> Settings =>
            [new("Models:MaxRowsBytes", $"{64 << 10}"), new("Models:MaxBaselineBytes", $"{4 << 20}"), new("Jobs:PollSeconds", "0.2")];
    }
}
