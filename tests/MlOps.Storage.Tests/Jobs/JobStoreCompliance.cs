using MlOps.Deployments;
using MlOps.Jobs;
using MlOps.Models;
using MlOps.Projects;

namespace MlOps.Tests.Jobs;

/// <summary>What every store of jobs does, and what the models that they work on become.</summary>
public abstract class JobStoreCompliance : IDisposable
{
    private readonly Lazy<StorageUnderTest> storage;

    protected JobStoreCompliance() => storage = new(Open);

    private protected abstract StorageUnderTest Open();

    private StorageUnderTest Storage => storage.Value;

    private static CancellationToken Token => StorageUnderTest.Token;

    private DateTimeOffset Now => Storage.Time.GetUtcNow();

    private DateTimeOffset Stale => Now - TimeSpan.FromSeconds(30);

    public void Dispose() => Storage.Dispose();

    [Fact]
    public async Task Added_WithItsModel_IsQueued()
    {
        var model = await Processing();

        var job = await Storage.Jobs.Find(model.BaselineJob!.Id, Token);

        Assert.Equal(model.BaselineJob, job);
        var stored = (await Storage.Models.Find(model.Id, Token))!.Model;
        Assert.Equal((job, BaselineStatus.Processing), (stored.BaselineJob, stored.BaselineStatus));
        Assert.Equal(job, (await Storage.Models.List(new(null, null, null, null, null, null, null, true), new(10, 0), Token)).Items.Single().Model.BaselineJob);
    }

    [Fact]
    public async Task Claim_TakesTheOldestAndNoJobTwice()
    {
        var project = await Storage.NewProject();
        var first = await Processing(project);
        Storage.Time.Advance(TimeSpan.FromSeconds(1));
        var second = await Processing(project);

        var claims = await Task.WhenAll(Enumerable.Range(0, 4).Select(silo => Storage.Jobs.Claim($"silo {silo}", Now, Stale, Token)));

        Assert.Equal([first.BaselineJob!.Id, second.BaselineJob!.Id], claims.OfType<Job>().OrderBy(job => job.CreatedAt).Select(job => job.Id));
        Assert.All(claims.OfType<Job>(), job => Assert.Equal((JobStatus.Running, 1, (DateTimeOffset?)Now), (job.Status, job.Starts, job.StartedAt)));
        Assert.Null(await Storage.Jobs.Claim("late", Now, Stale, Token));
    }

    [Fact]
    public async Task Stamp_TellsProgressToItsHolderAlone()
    {
        var job = await Claimed("a");

        Assert.True(await Storage.Jobs.Stamp(job.Id, "a", 0.25, Now, Token));
        Assert.False(await Storage.Jobs.Stamp(job.Id, "b", 0.75, Now, Token));
        Assert.Equal(0.25, (await Storage.Jobs.Find(job.Id, Token))!.Progress);
    }

    [Fact]
    public async Task StaleJob_IsTakenOverAndLostToItsHolder()
    {
        var job = await Claimed("a");
        Storage.Time.Advance(TimeSpan.FromSeconds(29));
        Assert.Null(await Storage.Jobs.Claim("b", Now, Stale, Token));
        Assert.True(await Storage.Jobs.Stamp(job.Id, "a", 0.5, Now, Token));
        Storage.Time.Advance(TimeSpan.FromSeconds(31));

        var taken = await Storage.Jobs.Claim("b", Now, Stale, Token);

        Assert.Equal((job.Id, 2, 0.0), (taken!.Id, taken.Starts, taken.Progress));
        Assert.False(await Storage.Jobs.Stamp(job.Id, "a", 0.9, Now, Token));
        Assert.False(await Storage.Jobs.Fail(job.Id, "a", "no", Now, Token));
        Assert.False(await Storage.Models.CompleteBaseline(await Model(job), new JobCompletion(job.Id, "a", "{}", Now), Token));
        Assert.Equal(JobStatus.Running, (await Storage.Jobs.Find(job.Id, Token))!.Status);
    }

    [Theory]
    [InlineData(false, 2)]
    [InlineData(true, 1)]
    public async Task Released_IsBegunAgainAtOnce(bool orderly, int starts)
    {
        var job = await Claimed("a");
        await Storage.Jobs.Release("b", orderly, Token);
        Assert.Equal(JobStatus.Running, (await Storage.Jobs.Find(job.Id, Token))!.Status);

        await Storage.Jobs.Release("a", orderly, Token);

        Assert.Equal(JobStatus.Queued, (await Storage.Jobs.Find(job.Id, Token))!.Status);
        Assert.Equal(starts, (await Storage.Jobs.Claim("a", Now, Stale, Token))!.Starts);
    }

    [Fact]
    public async Task Failed_KeepsTheReasonAndDropsTheRows()
    {
        var job = await Claimed("a");

        Assert.True(await Storage.Jobs.Fail(job.Id, "a", "row 7 says 'x'", Now, Token));

        var failed = (await Storage.Jobs.Find(job.Id, Token))!;
        Assert.Equal((JobStatus.Failed, "row 7 says 'x'", (DateTimeOffset?)Now), (failed.Status, failed.Error, failed.FinishedAt));
        var model = await Model(job);
        Assert.Equal(BaselineStatus.Failed, model.BaselineStatus);
        Assert.Equal([PartKind.Graph], model.Parts.Select(part => part.Kind));
        Assert.Null(await Storage.Jobs.Claim("a", Now, Now, Token));
        Assert.Equal(1, await Storage.Number($"select count(*) from files where state = 'removed'"));
    }

    [Fact]
    public async Task Completed_StoresTheModelAndRaisesTheEpoch()
    {
        var job = await Claimed("a");
        var model = await Model(job);
        var epoch = (await Storage.Projects.Load(model.Project, Token))!.Epoch;

        Assert.True(await Storage.Models.CompleteBaseline(
            model with { Baseline = Samples.Baseline, Warnings = ["whole"], ExampleRequest = """{"inputs":[]}""", Preview = "[]" }, new JobCompletion(job.Id, "a", """{"rows":3}""", Now), Token));

        var done = await Model(job);
        Assert.Equal((BaselineStatus.Ready, "[]"), (done.BaselineStatus, done.Preview));
        Assert.Equal(["whole"], done.Warnings);
        Assert.Equal(ExactJson.Write(Samples.Baseline), ExactJson.Write(done.Baseline));
        Assert.Equal((JobStatus.Succeeded, 1.0, """{"rows":3}"""), (done.BaselineJob!.Status, done.BaselineJob.Progress, done.BaselineJob.Result));
        Assert.Equal(epoch + 1, (await Storage.Projects.Load(model.Project, Token))!.Epoch);
    }

    [Fact]
    public async Task DeletedModel_TakesItsJob()
    {
        var job = await Claimed("a");

        await Storage.Models.Delete(job.Model!.Value, Samples.Event("model_deleted"), Token);

        Assert.Null(await Storage.Jobs.Find(job.Id, Token));
        Assert.False(await Storage.Jobs.Stamp(job.Id, "a", 0.5, Now, Token));
        Assert.Null(await Storage.Jobs.Claim("a", Now, Now, Token));
    }

    [Fact]
    public async Task DeletedProject_TakesItsJobs()
    {
        var job = await Claimed("a");

        Assert.True(await Storage.Projects.Delete(job.Project, Token));

        Assert.Null(await Storage.Jobs.Find(job.Id, Token));
        Assert.False(await Storage.Jobs.Fail(job.Id, "a", "no", Now, Token));
    }

    [Fact]
    public async Task Baseline_IsGivenOnce()
    {
        var project = await Storage.NewProject();
        var bare = await Storage.NewModel(project, model => model with { Baseline = null });
        using var rows = SampleFile.Of(1, 3_000_000);
        var given = bare with
        {
            Parts = [.. bare.Parts, new ModelPart(PartKind.Baseline, "rows.csv", rows.Sha256, rows.Size)],
            BaselineJob = Job.New(Job.AddedBaseline, project.Id, bare.Id, Now),
        };

        Assert.Equal(BaselineAdded.Added, await Add(given, rows));
        Assert.Equal(BaselineAdded.HasOne, await Add(given, rows));
        Assert.Equal(BaselineStatus.Processing, (await Storage.Models.Find(bare.Id, Token))!.Model.BaselineStatus);

        var job = (await Storage.Jobs.Claim("a", Now, Stale, Token))!;
        await Storage.Jobs.Fail(job.Id, "a", "damaged", Now, Token);
        Assert.Equal(BaselineAdded.Added, await Add(given with { Baseline = Samples.Baseline, BaselineJob = null }, rows));
        var ready = (await Storage.Models.Find(bare.Id, Token))!.Model;
        Assert.Equal((BaselineStatus.Ready, 2), (ready.BaselineStatus, ready.Parts.Length));
        Assert.Equal(BaselineAdded.HasOne, await Add(given with { BaselineJob = null }, rows));
        Assert.Equal(BaselineAdded.Gone, await Add(given with { Id = ModelId.New(Now) }, rows));
        var read = new MemoryStream();
        Assert.True(await Storage.Models.Read(rows.Sha256, read, Token));
        Assert.Equal(rows.Bytes.AsSpan(), read.ToArray());
    }

    [Fact]
    public async Task BinnedModels_AreToldWithTheProject()
    {
        var project = await Storage.NewProject();
        var (bare, binned) = (await Storage.NewModel(project, model => model with { Baseline = null }), await Storage.NewModel(project, model => model with { Id = ModelId.New(Now.AddHours(1)) }));
        await Storage.Commit(project.Id, Samples.Deployment(bare), Samples.Deployment(binned, created: Now.AddHours(1)));

        Assert.Equal([binned.Id], (await Storage.Projects.Load(project.Id, Token))!.Binned);
    }

    [Fact]
    public async Task StagedFile_BelongsToTheModelThatTakesIt()
    {
        var project = await Storage.NewProject();
        using var rows = SampleFile.Of(2, 2_500_000);
        await using (var staged = await Storage.Models.Stage(Token))
        {
            foreach (var piece in rows.Bytes.Chunk(700_001))
            {
                await staged.Append(piece, Token);
            }

            await staged.Complete(rows.Sha256, Token);
            using var graph = new SampleFile("graph"u8.ToArray());
            var model = Samples.Model(project.Id, graph) with { Baseline = null };
            model = model with { Parts = [.. model.Parts, new ModelPart(PartKind.Baseline, "rows.csv", rows.Sha256, rows.Size)] };
            Assert.True(await Storage.Models.Add(model, new UploadedParts(graph.Paths, [staged]), Samples.Event("model_registered"), null, Token));
        }

        var read = new MemoryStream();
        Assert.True(await Storage.Models.Read(rows.Sha256, read, Token));
        Assert.Equal(rows.Bytes.AsSpan(), read.ToArray());
        Assert.Equal(rows.Size, await Storage.Number($"select size from files where sha256 = {rows.Sha256}"));
    }

    [Fact]
    public async Task StagedFile_ThatNobodyTakes_IsSweptAway()
    {
        await using (var staged = await Storage.Models.Stage(Token))
        {
            await staged.Append(new byte[2 << 20], Token);
        }

        await Storage.Sweep.Sweep(Token);

        Assert.Equal(0, await Storage.Number($"select count(*) from files"));
        Assert.Equal(0, await Storage.Number($"select count(*) from file_chunks"));
    }

    [Fact]
    public async Task SlowUpload_IsNotSweptAway()
    {
        await using var staged = await Storage.Models.Stage(Token);
        for (var hour = 0; hour < 3; hour++)
        {
            Storage.Time.Advance(TimeSpan.FromMinutes(45));
            await staged.Append(new byte[1 << 20], Token);
            await Storage.Sweep.Sweep(Token);
        }

        Assert.Equal(3, await Storage.Number($"select count(*) from file_chunks"));
    }

    [Fact]
    public async Task Added_ToADeployment_IsQueuedWithWhatItWasAskedFor_AndItsRepeatIsAnswered()
    {
        var job = Of(await Deployed()) with { Request = """{"since": "2026-01-01T00:00:00Z"}""" };
        var idempotency = Samples.Idempotency();

        Assert.True(await Storage.Jobs.Add(job, idempotency, Token));

        Assert.Equal(job, await Storage.Jobs.Find(job.Id, Token));
        Assert.Equal(idempotency, await Storage.Idempotency.Find(idempotency.Key, Token));
        Assert.Equal(job.Id, (await Storage.Jobs.Claim("a", Now, Stale, Token))!.Id);
    }

    [Fact]
    public async Task Added_ToADeploymentThatIsNotThere_LeavesNothing()
    {
        var (deployment, other) = (await Deployed(), await Deployed());
        var idempotency = Samples.Idempotency();
        var elsewhere = Of(deployment) with { Project = other.Project };
        var unknown = Of(deployment) with { Deployment = DeploymentId.New(Now) };

        foreach (var job in new[] { elsewhere, unknown })
        {
            Assert.False(await Storage.Jobs.Add(job, idempotency, Token));
            Assert.Null(await Storage.Jobs.Find(job.Id, Token));
        }

        await Storage.Projects.Delete(deployment.Project, Token);
        Assert.False(await Storage.Jobs.Add(Of(deployment), idempotency, Token));
        Assert.Null(await Storage.Idempotency.Find(idempotency.Key, Token));
        Assert.Null(await Storage.Jobs.Claim("a", Now, Now, Token));
    }

    [Fact]
    public async Task Added_RaisesNoEpoch()
    {
        var deployment = await Deployed();
        var epoch = (await Storage.Projects.Load(deployment.Project, Token))!.Epoch;

        await Storage.Jobs.Add(Of(deployment), null, Token);

        Assert.Equal(epoch, (await Storage.Projects.Load(deployment.Project, Token))!.Epoch);
    }

    [Fact]
    public async Task Newest_IsTheLastOfItsDeploymentAndType()
    {
        var (deployment, other) = (await Deployed(), await Deployed());
        Assert.Null(await Storage.Jobs.Newest(deployment.Id, Job.Drift, Token));
        var first = await Added(deployment);
        var second = await Added(deployment);
        var third = await Added(deployment, "another");
        var elsewhere = await Added(other);

        Assert.Equal(second, await Storage.Jobs.Newest(deployment.Id, Job.Drift, Token));
        Assert.Equal(third, await Storage.Jobs.Newest(deployment.Id, "another", Token));
        Assert.Equal(elsewhere, await Storage.Jobs.Newest(other.Id, Job.Drift, Token));

        // However the earlier one ends meanwhile.
        await Storage.Jobs.Claim("a", Now, Stale, Token);
        await Storage.Jobs.Complete(new JobCompletion(first.Id, "a", "{}", Now), Token);
        Assert.Equal(second, await Storage.Jobs.Newest(deployment.Id, Job.Drift, Token));
    }

    [Fact]
    public async Task Added_DropsWhatEndedLongAgo_AndNothingElse()
    {
        const int kept = 100;
        var (deployment, other) = (await Deployed(), await Deployed());
        var (elsewhere, otherType) = (await Added(other), await Added(deployment, "another"));
        var (succeeded, failed, running) = (await Added(deployment), await Added(deployment), await Added(deployment));
        for (var claim = 0; claim < 5; claim++)
        {
            await Storage.Jobs.Claim("a", Now, Stale, Token);
        }

        Assert.True(await Storage.Jobs.Complete(new JobCompletion(elsewhere.Id, "a", "{}", Now), Token));
        Assert.True(await Storage.Jobs.Complete(new JobCompletion(otherType.Id, "a", "{}", Now), Token));
        Assert.True(await Storage.Jobs.Complete(new JobCompletion(succeeded.Id, "a", "{}", Now), Token));
        Assert.True(await Storage.Jobs.Fail(failed.Id, "a", "no", Now, Token));

        for (var later = 0; later < kept - 2; later++)
        {
            await Added(deployment);
        }

        Assert.Null(await Storage.Jobs.Find(succeeded.Id, Token));
        Assert.NotNull(await Storage.Jobs.Find(failed.Id, Token));
        await Added(deployment);
        await Added(deployment);
        Assert.Null(await Storage.Jobs.Find(failed.Id, Token));
        foreach (var job in new[] { running, otherType, elsewhere })
        {
            Assert.NotNull(await Storage.Jobs.Find(job.Id, Token));
        }

        Assert.Equal(kept + 1, await Storage.Number($"select count(*) from jobs where type = {Job.Drift} and deployment_id = {deployment.Id}"));
    }

    [Fact]
    public async Task Completed_IsItsHoldersAlone_AndForGood()
    {
        var job = await Added(await Deployed());
        var done = new JobCompletion(job.Id, "a", """{"rows":3}""", Now);
        Assert.False(await Storage.Jobs.Complete(done, Token));
        await Storage.Jobs.Claim("a", Now, Stale, Token);
        Assert.False(await Storage.Jobs.Complete(done with { Owner = "b" }, Token));
        Assert.False(await Storage.Jobs.Complete(done with { Job = JobId.New(Now) }, Token));
        Storage.Time.Advance(TimeSpan.FromSeconds(5));

        Assert.True(await Storage.Jobs.Complete(done with { FinishedAt = Now }, Token));

        var ended = (await Storage.Jobs.Find(job.Id, Token))!;
        Assert.Equal((JobStatus.Succeeded, 1.0, """{"rows":3}""", (DateTimeOffset?)Now), (ended.Status, ended.Progress, ended.Result, ended.FinishedAt));
        Assert.False(await Storage.Jobs.Complete(done with { Result = "{}" }, Token));
        Assert.False(await Storage.Jobs.Fail(job.Id, "a", "no", Now, Token));
        Assert.False(await Storage.Jobs.Stamp(job.Id, "a", 0.5, Now, Token));
        Assert.Null(await Storage.Jobs.Claim("b", Now, Now, Token));
        Assert.Equal(ended, await Storage.Jobs.Find(job.Id, Token));
    }

    [Fact]
    public async Task DeletedDeployment_TakesItsJobs()
    {
        var deployment = await Deployed();
        var job = await Added(deployment);
        await Storage.Jobs.Claim("a", Now, Stale, Token);
        var state = (await Storage.Projects.Load(deployment.Project, Token))!;

        Assert.True(await Storage.Projects.Commit(new(deployment.Project, state.Epoch, [], [deployment.Id], [], null), Token));

        Assert.Null(await Storage.Jobs.Find(job.Id, Token));
        Assert.Null(await Storage.Jobs.Newest(deployment.Id, Job.Drift, Token));
        Assert.False(await Storage.Jobs.Complete(new JobCompletion(job.Id, "a", "{}", Now), Token));
    }

    private Job Of(Deployment deployment, string type = Job.Drift) => Job.New(type, deployment.Project, null, Now) with { Deployment = deployment.Id };

    private async Task<Job> Added(Deployment deployment, string type = Job.Drift)
    {
        Storage.Time.Advance(TimeSpan.FromSeconds(1));
        var job = Of(deployment, type);
        Assert.True(await Storage.Jobs.Add(job, null, Token));
        return job;
    }

    private async Task<Deployment> Deployed()
    {
        var project = await Storage.NewProject();
        var deployment = Samples.Deployment(await Storage.NewModel(project));
        await Storage.Commit(project.Id, deployment);
        return deployment;
    }

    private Task<BaselineAdded> Add(RegisteredModel model, SampleFile rows) =>
        Storage.Models.AddBaseline(model, new UploadedParts(rows.Paths, []), Samples.Event("baseline_added"), Token);

    private async Task<RegisteredModel> Model(Job job) => (await Storage.Models.Find(job.Model!.Value, Token))!.Model;

    private async Task<Job> Claimed(string owner)
    {
        await Processing();
        return (await Storage.Jobs.Claim(owner, Now, Stale, Token))!;
    }

    /// <summary>A model whose rows a job is to read.</summary>
    private async Task<RegisteredModel> Processing(Project? project = null)
    {
        project ??= await Storage.NewProject();
        using var graph = new SampleFile("graph"u8.ToArray());
        using var rows = new SampleFile("a,b\n1,2\n"u8.ToArray());
        var id = ModelId.New(Now);
        var model = Samples.Model(project.Id, graph) with { Id = id, Baseline = null, BaselineJob = Job.New(Job.Baseline, project.Id, id, Now) };
        model = model with { Parts = [.. model.Parts, new ModelPart(PartKind.Baseline, "rows.csv", rows.Sha256, rows.Size)] };
        var paths = new Dictionary<string, string> { [graph.Sha256] = graph.Path, [rows.Sha256] = rows.Path };
        Assert.True(await Storage.Models.Add(model, paths, Samples.Event("model_registered"), null, Token));
        return model;
    }
}
