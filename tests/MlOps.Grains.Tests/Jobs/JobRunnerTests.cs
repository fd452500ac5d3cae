using System.Collections.Immutable;
using MlOps.Deployments;
using MlOps.Drift;
using MlOps.Jobs;
using MlOps.Models;
using MlOps.Projects;
using Xunit;

namespace MlOps.Tests.Jobs;

/// <summary>Jobs as silos run them, over a real catalogue; the reading itself is scripted.</summary>
public sealed class JobRunnerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Job_FreezesTheBaselineAndRebinsWhatServesTheModel()
    {
        await using var cluster = await SiloCluster.Start(silos: 2, jobs: Often);
        var (project, model) = await Bare(cluster);
        var life = cluster.Lifecycle(project);
        var deployed = await life.Create(SiloCluster.NewId(), SiloCluster.Spec(model.Id), Stage.Production, SiloCluster.Request(), Cancellation);
        for (var silo = 0; silo < 2; silo++)
        {
            using var before = await cluster.Replicas(silo).Find(deployed.Deployment.Id, Cancellation);
            Assert.Null(before.Replica.Plan.Baseline);
        }

        cluster.Runtime.Read = (_, progress, _) =>
        {
            progress(0.5);
            return Task.FromResult(Frozen(model));
        };
        var job = await Give(cluster, model);

        Assert.Equal(JobStatus.Succeeded, (await Ended(cluster, job)).Status);
        var ready = (await cluster.Store<IModelStore>().Find(model.Id, Cancellation))!.Model;
        Assert.Equal(BaselineStatus.Ready, ready.BaselineStatus);
        for (var silo = 0; silo < 2; silo++)
        {
            await Until(async () =>
            {
                using var after = await cluster.Replicas(silo).Find(deployed.Deployment.Id, Cancellation);
                return after.Replica.Plan.Baseline is { Rows: 4 };
            });
        }
    }

    [Fact]
    public async Task ProcessingModel_IsNeitherDeployedNorPromotedNorRolledBackTo()
    {
        await using var cluster = await SiloCluster.Start(jobs: options => options.MaxConcurrent = 0);
        var (project, model) = await Bare(cluster);
        var life = cluster.Lifecycle(project);
        var staging = await life.Create(SiloCluster.NewId(), SiloCluster.Spec(model.Id), Stage.Staging, SiloCluster.Request(), Cancellation);
        var job = await Give(cluster, model);

        foreach (var change in new Func<Task>[]
        {
            () => life.Create(SiloCluster.NewId(), SiloCluster.Spec(model.Id), Stage.Staging, SiloCluster.Request(), Cancellation),
            () => life.Create(SiloCluster.NewId(), SiloCluster.Spec(model.Id), Stage.Production, SiloCluster.Request(), Cancellation),
            () => life.Promote(staging.Deployment.Id, SiloCluster.Request(), Cancellation),
            () => life.Rollback(staging.Deployment.Id, new RollbackTarget(null, model.Id), SiloCluster.NewId(), SiloCluster.Request(), Cancellation),
        })
        {
            var refused = await Assert.ThrowsAsync<MlOpsException>(change);
            Assert.Equal(ErrorCode.BaselineNotReady, refused.Code);
            Assert.Contains($"{job}", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task RefusedRows_FailTheJobWithTheReason()
    {
        await using var cluster = await SiloCluster.Start(jobs: Often);
        var (project, model) = await Bare(cluster);
        cluster.Runtime.Read = (_, _, _) => throw new MlOpsException(ErrorCode.InvalidBaseline, "Row 7 says 'x'.");

        var job = await Ended(cluster, await Give(cluster, model));

        Assert.Equal((JobStatus.Failed, "Row 7 says 'x'."), (job.Status, job.Error));
        var created = await cluster.Lifecycle(project).Create(SiloCluster.NewId(), SiloCluster.Spec(model.Id), Stage.Production, SiloCluster.Request(), Cancellation);
        Assert.Equal(Stage.Production, created.Deployment.Stage);
    }

    [Fact]
    public async Task FaultOfOurs_FailsTheJobAndTellsNothingOfIt()
    {
        await using var cluster = await SiloCluster.Start(jobs: Often);
        var (_, model) = await Bare(cluster);
        cluster.Runtime.Read = (_, _, _) => throw new InvalidOperationException("/etc/passwd");

        var job = await Ended(cluster, await Give(cluster, model));

        Assert.Equal(JobStatus.Failed, job.Status);
        Assert.DoesNotContain("passwd", job.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DeletedModel_EndsItsRunningJob()
    {
        await using var cluster = await SiloCluster.Start(jobs: Often);
        var (_, model) = await Bare(cluster);
        var begun = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        cluster.Runtime.Read = async (_, _, cancellation) =>
        {
            begun.SetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, cancellation);
            }
            finally
            {
                ended.SetResult();
            }

            throw new InvalidOperationException("It was to be ended.");
        };
        var job = await Give(cluster, model);
        await begun.Task.WaitAsync(Cancellation);

        var now = TimeProvider.System.GetUtcNow();
        await cluster.Store<IModelStore>().Delete(model.Id, new TimelineEvent(Guid.CreateVersion7(now), now, "tester", "model_deleted", null, model.Id, null, null), Cancellation);

        await ended.Task.WaitAsync(Cancellation);
        Assert.Null(await cluster.Store<IJobStore>().Find(job, Cancellation));
    }

    [Fact]
    public async Task JobThatEndsItsProcessEachTime_IsGivenUp()
    {
        await using var cluster = await SiloCluster.Start(jobs: Often);
        var (_, model) = await Bare(cluster);
        cluster.Runtime.Read = (_, _, _) => Task.FromResult(Frozen(model));

        var id = await Give(cluster, model, starts: new JobOptions().MaxStarts);

        var job = await Ended(cluster, id);
        Assert.Equal(JobStatus.Failed, job.Status);
        Assert.Contains("begun 5 times", job.Error, StringComparison.Ordinal);
    }

    private static void Often(JobOptions options) => (options.PollSeconds, options.StampSeconds) = (0.1, 0.1);

    private static async Task<(ProjectId Project, RegisteredModel Model)> Bare(SiloCluster cluster)
    {
        var project = await cluster.Project();
        var model = await cluster.Model(project);
        return (project, (await cluster.Store<IModelStore>().Find(model, Cancellation))!.Model);
    }

    /// <summary>Gives a model rows that a job is to read.</summary>
    private static async Task<JobId> Give(SiloCluster cluster, RegisteredModel model, int starts = 0)
    {
        var now = TimeProvider.System.GetUtcNow();
        var path = Path.GetTempFileName();
        await File.WriteAllTextAsync(path, "x\n1\n", Cancellation);
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(await File.ReadAllBytesAsync(path, Cancellation)));
        var job = Job.New(Job.AddedBaseline, model.Project, model.Id, now) with { Starts = starts };
        var given = model with { Parts = [.. model.Parts, new ModelPart(PartKind.Baseline, "rows.csv", hash, 4)], BaselineJob = job };
        var added = new TimelineEvent(Guid.CreateVersion7(now), now, "tester", "baseline_added", null, model.Id, null, null);
        Assert.Equal(BaselineAdded.Added, await cluster.Store<IModelStore>().AddBaseline(given, new UploadedParts(new Dictionary<string, string> { [hash] = path }, []), added, Cancellation));
        File.Delete(path);
        return job.Id;
    }

    private static CheckedModel Frozen(RegisteredModel model) => new(
        model.Signature,
        new Baseline(4, [FeatureBinning.Freeze(FeatureType.Numeric, [1.0, 2.0, 3.0, 4.0])], null),
        ImmutableDictionary<string, string>.Empty, "{}", null, []);

    private static async Task<Job> Ended(SiloCluster cluster, JobId id)
    {
        Job? job = null;
        await Until(async () => (job = await cluster.Store<IJobStore>().Find(id, Cancellation)) is { IsUnderWay: false });
        return job!;
    }

    private static async Task Until(Func<Task<bool>> holds)
    {
        while (!await holds())
        {
            await Task.Delay(20, Cancellation);
        }
    }
}
