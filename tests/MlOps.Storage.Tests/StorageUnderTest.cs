using Microsoft.Extensions.Time.Testing;
using MlOps.Access;
using MlOps.Deployments;
using MlOps.Jobs;
using MlOps.Models;
using MlOps.Projects;
using MlOps.Sql;

namespace MlOps.Tests;

/// <summary>The stores over one database, with a clock of their own.</summary>
internal sealed class StorageUnderTest : IDisposable
{
    private readonly IDisposable database;

    public StorageUnderTest(ICatalogue catalogue, IDisposable database)
    {
        this.database = database;
        Catalogue = catalogue;
        Sweep = new(catalogue, Time);
        Projects = new ProjectStore(catalogue, Sweep);
        Deployments = new DeploymentStore(catalogue);
        Models = new ModelStore(catalogue, new(catalogue, Sweep, Time), Sweep);
        Jobs = new JobStore(catalogue, Sweep);
        Keys = new ApiKeyStore(catalogue);
        Idempotency = new IdempotencyStore(catalogue, Time);
    }

    public FakeTimeProvider Time { get; } = new(Samples.Now);

    public ICatalogue Catalogue { get; }

    public FileSweep Sweep { get; }

    public IProjectStore Projects { get; }

    public IDeploymentStore Deployments { get; }

    public IModelStore Models { get; }

    public IJobStore Jobs { get; }

    public IApiKeyStore Keys { get; }

    public IIdempotencyStore Idempotency { get; }

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The number that a query of the tests' own answers.</summary>
    public async Task<long> Number(Statement statement) => await Catalogue.Read(session => session.Number(statement), Token) ?? 0;

    public async Task<Project> NewProject(string name = "churn", string? description = null, DateTimeOffset? created = null)
    {
        var project = Samples.Project(name, description, created);
        await Projects.Create(project, null, Token);
        return project;
    }

    public async Task<RegisteredModel> NewModel(Project project, Func<RegisteredModel, RegisteredModel>? change = null)
    {
        using var file = new SampleFile("the same graph each time"u8.ToArray());
        var model = Samples.Model(project.Id, file);
        model = change?.Invoke(model) ?? model;
        Assert.True(await Models.Add(model, file.Paths, Samples.Event("model_registered"), null, Token));
        return model;
    }

    /// <summary>Commits at whatever epoch the project has.</summary>
    public async Task Commit(ProjectId project, params Deployment[] put)
    {
        var state = await Projects.Load(project, Token);
        Assert.True(await Projects.Commit(new(project, state!.Epoch, [.. put], [], [], null), Token));
    }

    public void Dispose() => database.Dispose();
}
