using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using MlOps.Deployments;
using MlOps.Drift;
using MlOps.InferenceLogs;
using MlOps.Jobs;
using MlOps.Models;
using MlOps.Predictions;
using Xunit;

namespace MlOps.Tests.Jobs;

/// <summary>Recounts of a log whose rows are of several days.</summary>
public sealed class DriftWorkTests
{
    private const int RetentionDays = 7;

    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 3, 20, 12, 0, 0, TimeSpan.Zero));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private DateTimeOffset Now => time.GetUtcNow();

    [Fact]
    public async Task Run_FromBeforeRetention_SaysFromWhereItCounted()
    {
        await using var cluster = await SiloCluster.Start(jobs: options => options.MaxConcurrent = 0);
        var deployment = await Deployed(cluster);
        await Log(cluster, deployment, Now.AddDays(-8), Now.AddDays(-RetentionDays).AddMilliseconds(-1), Now.AddDays(-RetentionDays), Now.AddDays(-1), Now);

        // The sweep has not come yet: what is too old is there, and does not count.
        var whole = await Run(cluster, deployment, new(Now.AddDays(-30), Now));
        var recent = await Run(cluster, deployment, new(Now.AddDays(-1), Now.AddMilliseconds(1)));
        var gone = await Run(cluster, deployment, new(Now.AddDays(-30), Now.AddDays(-10)));

        Assert.Equal((2, Now.AddDays(-RetentionDays), Now), whole);
        Assert.Equal((2, Now.AddDays(-1), Now.AddMilliseconds(1)), recent);
        Assert.Equal((0, Now.AddDays(-10), Now.AddDays(-10)), gone);
    }

    private static async Task<Deployment> Deployed(SiloCluster cluster)
    {
        var project = await cluster.Project();
        var model = await cluster.Model(project);
        return (await cluster.Lifecycle(project).Create(SiloCluster.NewId(), SiloCluster.Spec(model), Stage.Staging, SiloCluster.Request(), Cancellation)).Deployment;
    }

    /// <summary>One answered row at each of these times.</summary>
    private static async Task Log(SiloCluster cluster, Deployment deployment, params DateTimeOffset[] times)
    {
        var logged = new LoggedDeployment(deployment.Id, deployment.Project, deployment.Spec.Model, false);
        var builder = new CommitBuilder(new HashSet<long>());
        foreach (var at in times)
        {
            var ids = new InferenceIds(new FakeTimeProvider(at)).Take(1);
            var frame = new AnsweredFrame(deployment.Project, deployment.Id, deployment.Spec.Model, RouteReason.Direct, 5, 1, ids, [], [], [1.5], [], 0, default, [], [], false);
            builder.Add(frame, new JournalPosition(1, builder.Rows.Count), new(logged, SiloCluster.Signature, null, null));
        }

        Assert.True(await cluster.Store<IInferenceStore>().Commit(builder.Build(Guid.CreateVersion7(), JournalPosition.Start, new JournalPosition(1, 99), []), Cancellation));
    }

    private async Task<(int Rows, DateTimeOffset Since, DateTimeOffset Until)> Run(SiloCluster cluster, Deployment deployment, DriftRun run)
    {
        var jobs = cluster.Store<IJobStore>();
        var job = Job.New(Job.Drift, deployment.Project, null, Now) with { Deployment = deployment.Id, Request = run.ToJson() };
        Assert.True(await jobs.Add(job, null, Cancellation));
        var claimed = (await jobs.Claim("tester", Now, Now.AddHours(-1), Cancellation))!;
        var work = new DriftWork(
            jobs,
            cluster.Store<IDeploymentStore>(),
            cluster.Store<IModelStore>(),
            cluster.Store<IInferenceReader>(),
            cluster.Store<IInferenceStore>(),
            Options.Create(new InferenceLogOptions { RetentionDays = RetentionDays }),
            time,
            NullLogger<DriftWork>.Instance);
        await work.Run(claimed, new JobClaim(jobs, claimed, "tester", time), Cancellation);

        using var result = JsonDocument.Parse((await jobs.Find(job.Id, Cancellation))!.Result!);
        var window = result.RootElement.GetProperty("window");
        return (result.RootElement.GetProperty("inference_rows").GetInt32(), window.GetProperty("since").GetDateTimeOffset(), window.GetProperty("until").GetDateTimeOffset());
    }
}
