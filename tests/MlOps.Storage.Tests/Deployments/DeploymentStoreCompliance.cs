using MlOps.Deployments;
using MlOps.Projects;

namespace MlOps.Tests.Deployments;

/// <summary>What every <see cref="IDeploymentStore"/> holds.</summary>
public abstract class DeploymentStoreCompliance : IDisposable
{
    private readonly Lazy<StorageUnderTest> storage;

    protected DeploymentStoreCompliance() => storage = new(Open);

    private protected abstract StorageUnderTest Open();

    private StorageUnderTest Storage => storage.Value;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        if (storage.IsValueCreated)
        {
            storage.Value.Dispose();
        }
    }

    [Fact]
    public async Task List_OfAProject_IsNewestFirstInPages()
    {
        var project = await Storage.NewProject();
        var model = await Storage.NewModel(project);
        var all = Enumerable.Range(0, 5).Select(i => Samples.Deployment(model, created: Samples.Now.AddMicroseconds(i))).ToArray();
        await Storage.Commit(project.Id, all);

        var page = await Storage.Deployments.List(project.Id, new(2, 1), Token);

        Assert.Equal([all[3], all[2]], page.Items);
        Assert.Equal((5, 2, 1), (page.Total, page.Limit, page.Offset));
        Assert.Equal(0, (await Storage.Deployments.List(ProjectId.New(Samples.Now), new(2, 0), Token)).Total);
    }

    [Fact]
    public async Task Find_OfADeletedModel_StillShowsItsNameAndAlgorithm()
    {
        var project = await Storage.NewProject();
        var model = await Storage.NewModel(project);
        var deployment = Samples.Deployment(model, Stage.Archived);
        await Storage.Commit(project.Id, deployment);
        await Storage.Models.Delete(model.Id, Samples.Event("model_deleted"), Token);

        Assert.Equal(deployment, await Storage.Deployments.Find(deployment.Id, Token));
    }

    [Fact]
    public async Task PreviousProduction_ThroughALife_IsTheOneBefore()
    {
        var project = await Storage.NewProject();
        var model = await Storage.NewModel(project);
        var (a, b) = (Samples.Deployment(model, name: "a"), Samples.Deployment(model, name: "b"));
        var previous = new List<string?>();

        foreach (var change in new Deployment[][]
        {
            [a, b],
            [a with { Stage = Stage.Production }],
            [a with { Stage = Stage.Archived }, b with { Stage = Stage.Production }],
            [b with { Stage = Stage.Production, Failure = "an update changes nothing here" }],
            [b with { Stage = Stage.Archived }, a with { Stage = Stage.Production }],
            [a with { Stage = Stage.Archived }],
        })
        {
            await Storage.Commit(project.Id, change);
            previous.Add((await Storage.Deployments.PreviousProduction(project.Id, Token))?.Spec.Name);
        }

        Assert.Equal([null, null, "a", "a", "b", "a"], previous);
    }
}
