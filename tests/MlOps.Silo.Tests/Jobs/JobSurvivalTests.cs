using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using MlOps.Tests.Running;
using Xunit;

namespace MlOps.Tests.Jobs;

/// <summary>A job outlives the process that runs it.</summary>
public sealed class JobSurvivalTests : IDisposable
{
    private const int Rows = 1_200_000;

    private readonly string folder = Directory.CreateTempSubdirectory("mlops-job-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task KilledDuringAJob_BeginsItAgainAndEndsIt()
    {
        (string, string)[] settings = [("MLOPS__Models__MaxRowsBytes", $"{1 << 20}"), ("MLOPS__Jobs__StampSeconds", "0.1")];
        string model, job;
        await using (var silo = await SiloProcessUnderTest.Start(folder, settings))
        {
            using var client = await silo.Ready(folder, Cancellation);
            var answer = await Register(client);
            (model, job) = (answer.Text("id"), answer.Text("baseline_job_id"));
            while ((await Job(client, job)) is var state && (state.Text("status") != "running" || state.GetProperty("progress").GetDouble() < 0.1))
            {
                Assert.NotEqual("succeeded", state.Text("status"));
            }

            silo.Kill();
            await silo.Ended(Cancellation);
        }

        await using var again = await SiloProcessUnderTest.Start(folder, settings);
        using var after = await again.Ready(folder, Cancellation);
        JsonElement ended;
        do
        {
            await Pace.Next();
            ended = await Job(after, job);
        }
        while (ended.Text("status") is "queued" or "running");

        Assert.True(ended.Text("status") == "succeeded", ended.ToString());
        var ready = await after.Get($"/api/models/{model}");
        Assert.Equal(("ready", 1_000_000), (ready.Text("baseline_status"), ready.GetProperty("baseline_rows").GetInt32()));
        Assert.Contains(ready.GetProperty("warnings").EnumerateArray(), warning => warning.GetString()!.Contains($"has {Rows} rows: a uniform sample of 1000000", StringComparison.Ordinal));
        // The folder of the job goes when its end has been told.
        while (Directory.EnumerateFileSystemEntries(Path.Combine(folder, "data", "uploads")).Any())
        {
            await Pace.Next();
        }
    }

    private static async Task<JsonElement> Job(HttpClient client, string id) => (await client.Get($"/api/jobs/{id}")).GetProperty("job");

    private static async Task<JsonElement> Register(HttpClient client)
    {
        var fixture = new ModelFixture("flights_linear");
        var project = await ModelFixture.Project(client, "job");
        using var form = fixture.Form(project, fixture.Metadata.ToJsonString(), baseline: false);
        var csv = new StringBuilder("distance,hour,day_of_week,delay\n");
        for (var row = 0; row < Rows; row++)
        {
            csv.Append(CultureInfo.InvariantCulture, $"{row % 5003},{row % 24},{row % 7},{row % 97}\n");
        }

        form.Add(new ByteArrayContent(Encoding.ASCII.GetBytes(csv.ToString())), "baseline", "rows.csv");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/models") { Content = form };
        return await client.Expect(HttpStatusCode.Created, request);
    }
}
