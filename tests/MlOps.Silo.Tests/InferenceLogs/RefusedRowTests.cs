using System.Net;
using MlOps.Tests.Postgres;
using Xunit;

namespace MlOps.Tests.InferenceLogs;

/// <summary>What the database will not take, and what nobody can ask for any more, does not keep the rest from the log.</summary>
public sealed class RefusedRowTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("mlops-refused-").FullName;
    private readonly ModelFixture fixture = new("flights_linear");

    private string Row => fixture.Expected.GetProperty("inputs")[0].GetRawText();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task RowsUnderAConstraintOfTheOwner_AreAmongTheRejects_OutsideTheWindows_AndTheStreamGoesOn()
    {
        await using var silo = await StreamSilo.Start(folder);
        var (deployment, rows) = await Serve(silo, "constraint");
        await rows.Settle(silo.Client);
        await using var log = await LogDatabase.Open(folder);
        await log.Execute(ChosenDatabase.IsPostgres
            ? "alter table inference_rows add constraint owners check (external_id not like 'bad%')"
            : "create trigger owners before insert on inference_rows when new.external_id like 'bad%' begin select raise(abort, 'owners'); end");

        // In batches, at their ends and in their middles, and alone.
        var refused = new List<string>();
        foreach (var ids in new string[][] { ["a", "bad 1", "b"], ["bad 2"], ["bad 3", "c", "d", "bad 4"], ["e"], ["bad 5", "bad 6"], [.. Enumerable.Range(0, 40).Select(at => $"{at}")] })
        {
            var answer = await silo.Client.Post(
                $"/api/mlops/deployments/{deployment}/predict",
                $$$"""{"inputs": [{{{string.Join(',', ids.Select(_ => Row))}}}], "options": {"ids": [{{{string.Join(',', ids.Select(id => $"\"{id}\""))}}}]}}""");
            refused.AddRange(answer.GetProperty("predictions").EnumerateArray().Where(one => one.Text("external_id").StartsWith("bad", StringComparison.Ordinal)).Select(one => one.Text("id")));
        }

        var check = await rows.Check(silo.Client);
        Assert.Equal(2 + 45, check.Logged.Count);
        Assert.Equal((47, 47, 47), (check.Total, check.DriftRows, check.MetricRows));
        Assert.Empty(check.Logged.Intersect(refused));
        Assert.Equal(refused.Order(), (await log.Ids("select id from inference_rejects")).Select(id => id.ToString()).Order());
        Assert.Equal(6, await log.Number("select count(*) from inference_rejects where reason like '%owners%'"));
        Assert.Equal(6, silo.Journal.Rejects);
        await Assert.ThrowsAnyAsync<Exception>(() => silo.Client.Get($"/api/mlops/deployments/{deployment}/inference-logs/{refused[0]}"));
    }

    [Fact]
    public async Task RecordsOfADeletedProject_AreDroppedAndCounted()
    {
        var away = true;
        await using var silo = await StreamSilo.Start(folder, store => new FaultyStore(store, commit => Volatile.Read(ref away) ? throw FaultyStore.Away : commit()));
        var project = await ModelFixture.Project(silo.Client, "deleted");
        var (_, gone) = await fixture.Serve(silo.Client, project, fixture.Metadata.ToJsonString());
        var lost = new AnsweredRows(gone, Row);
        var (_, rows) = await Serve(silo, "kept");
        for (var request = 0; request < 3; request++)
        {
            Assert.True(await lost.Send(silo.Client, 4));
            Assert.True(await rows.Send(silo.Client, 4));
        }

        await silo.Client.Expect(HttpStatusCode.OK, HttpMethod.Delete, $"/api/projects/{project}");
        Volatile.Write(ref away, false);

        var check = await rows.Check(silo.Client);
        Assert.Empty(check.Others);
        check.AssertExact([]);
        Assert.Equal(3, silo.Journal.OfDeleted);
        await using var log = await LogDatabase.Open(folder);
        Assert.Equal(check.Logged.Count, await log.Number("select count(*) from inference_rows"));
        Assert.Equal(1, await log.Number("select count(*) from inference_deployments"));
    }

    private async Task<(string Deployment, AnsweredRows Rows)> Serve(StreamSilo silo, string project)
    {
        var (_, deployment) = await fixture.Serve(silo.Client, await ModelFixture.Project(silo.Client, project), fixture.Metadata.ToJsonString());
        return (deployment, new(deployment, Row));
    }
}
