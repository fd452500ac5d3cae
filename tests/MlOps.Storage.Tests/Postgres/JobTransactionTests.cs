using Microsoft.Extensions.Logging.Abstractions;
using MlOps.Deployments;
using MlOps.InferenceLogs;
using MlOps.Jobs;
using MlOps.Models;
using MlOps.Postgres;
using MlOps.Projects;
using Npgsql;

namespace MlOps.Tests.Postgres;

/// <summary>Statements of jobs may take longer than those that a caller waits for; here these may take a second, and the client waits for two.</summary>
public sealed class JobTransactionTests : IDisposable
{
    private readonly PostgresDatabase database = new();
    private readonly NpgsqlDataSource hasty;
    private readonly StorageUnderTest storage;

    public JobTransactionTests()
    {
        hasty = PostgresSource.Serving($"{database.ConnectionString};Maximum Pool Size=1;Command Timeout=2;Options=-c statement_timeout=1s");
        storage = new(new PostgresCatalogue(hasty, TimeProvider.System, NullLogger<PostgresCatalogue>.Instance), hasty);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        storage.Dispose();
        database.Dispose();
    }

    [Fact]
    public async Task TakeTime_HoldsForItsTransactionAlone()
    {
        await storage.Catalogue.Write(
            async session =>
            {
                await session.TakeTime();
                return await session.Number($"select 1 from pg_sleep(2.5)");
            },
            Token);

        Assert.Equal("1s", await Shown("statement_timeout"));
    }

    [Theory]
    [InlineData("0", "0")]
    [InlineData("2h", "2h")]
    [InlineData("59s", "1min")]
    public async Task TakeTime_NeverTakesAnyAway(string owners, string then)
    {
        using var source = PostgresSource.Serving($"{database.ConnectionString};Options=-c statement_timeout={owners}");
        var catalogue = new PostgresCatalogue(source, TimeProvider.System, NullLogger<PostgresCatalogue>.Instance);

        var inside = await catalogue.Read(
            async session =>
            {
                await session.TakeTime();
                return await session.First($"select current_setting('statement_timeout')", row => row.GetString(0));
            },
            Token);

        Assert.Equal(then, inside);
    }

    [Fact]
    public async Task EndsOfJobs_ThatTakeLong_AreStored()
    {
        var project = await database.Stores().NewProject();
        var (first, second, third) = (await Claimed(project), await Claimed(project), await Claimed(project));
        await PostgresServer.Execute(
            database.ConnectionString,
            """
            create function wait_a_little() returns trigger language plpgsql as 'begin perform pg_sleep(1.5); return new; end';
            create trigger wait_a_little before update on jobs for each row execute function wait_a_little();
            """);

        Assert.Equal(ErrorCode.Busy, (await Assert.ThrowsAsync<MlOpsException>(() => storage.Jobs.Stamp(first.Id, "a", 0.5, Samples.Now, Token))).Code);
        Assert.True(await storage.Jobs.Complete(new JobCompletion(first.Id, "a", "{}", Samples.Now), Token));
        Assert.True(await storage.Jobs.Fail(second.Id, "a", "no", Samples.Now, Token));
        var model = (await database.Stores().Models.Find(third.Model!.Value, Token))!.Model with { Baseline = Samples.Baseline };
        Assert.True(await storage.Models.CompleteBaseline(model, new JobCompletion(third.Id, "a", "{}", Samples.Now), Token));
    }

    [Fact]
    public async Task BinsForAJob_ThatTakeLong_AreRead()
    {
        var deployment = DeploymentId.New(Samples.Now);
        await PostgresServer.Execute(
            database.ConnectionString,
            $"""
            insert into inference_deployments (deployment, project, model, counts_classes) values ('{deployment}', '{Guid.NewGuid()}', '{Guid.NewGuid()}', true);
            alter table inference_deployments rename to known_deployments;
            create view inference_deployments as select * from known_deployments where pg_sleep(1.5)::text = '';
            """);
        var reader = new InferenceReader(new PostgresLog((PostgresCatalogue)storage.Catalogue));

        Assert.Equal(ErrorCode.Busy, (await Assert.ThrowsAsync<MlOpsException>(() => reader.Deployment(deployment, Token))).Code);
        Assert.Empty(await reader.Bins(deployment, LogRange.All, null, 10, Token));
    }

    private async Task<Job> Claimed(Project project)
    {
        var model = await database.Stores().NewModel(
            project,
            model =>
            {
                var id = ModelId.New(Samples.Now);
                return model with { Id = id, Baseline = null, BaselineJob = Job.New(Job.Baseline, project.Id, id, Samples.Now) };
            });
        Assert.Equal(model.BaselineJob!.Id, (await database.Stores().Jobs.Claim("a", Samples.Now, Samples.Now.AddSeconds(-30), Token))!.Id);
        return model.BaselineJob;
    }

    private async Task<object?> Shown(string setting)
    {
        await using var command = hasty.CreateCommand($"show {setting}");
        return await command.ExecuteScalarAsync(Token);
    }
}
