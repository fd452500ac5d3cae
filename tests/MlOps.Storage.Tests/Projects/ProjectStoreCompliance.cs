using System.Collections.Concurrent;
using System.Data.Common;
using MlOps.Deployments;
using MlOps.Projects;

namespace MlOps.Tests.Projects;

/// <summary>What every <see cref="IProjectStore"/> holds.</summary>
public abstract class ProjectStoreCompliance : IDisposable
{
    private readonly Lazy<StorageUnderTest> storage;

    protected ProjectStoreCompliance() => storage = new(Open);

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
    public async Task Create_NewProject_IsFoundAsItWas()
    {
        var project = await Storage.NewProject("Zürich ☃ 'quoted'", "of\nlines");

        var found = await Storage.Projects.Find(project.Id, Token);

        Assert.Equal(new ProjectListing(project, 0, 0), found);
        Assert.Null(await Storage.Projects.Find(ProjectId.New(Samples.Now), Token));
    }

    [Fact]
    public async Task Create_UnderAnIdempotencyKeyInUse_ChangesNothing()
    {
        await Storage.Projects.Create(Samples.Project(), Samples.Idempotency(), Token);

        var repeated = await Assert.ThrowsAsync<MlOpsException>(() => Storage.Projects.Create(Samples.Project(), Samples.Idempotency(), Token));
        var reused = await Assert.ThrowsAsync<MlOpsException>(
            () => Storage.Projects.Create(Samples.Project(), Samples.Idempotency(hash: "other"), Token));

        Assert.Equal((ErrorCode.Busy, ErrorCode.IdempotencyKeyReused), (repeated.Code, reused.Code));
        Assert.Equal(1, (await Storage.Projects.List(new(null, null, "created_at", true), new(10, 0), Token)).Total);
    }

    [Fact]
    public async Task Find_WithModelsAndDeployments_CountsThem()
    {
        var project = await Storage.NewProject();
        var model = await Storage.NewModel(project);
        await Storage.Commit(project.Id, Samples.Deployment(model), Samples.Deployment(model, Stage.Archived));

        var found = await Storage.Projects.Find(project.Id, Token);

        Assert.Equal((1, 2), (found!.ModelCount, found.DeploymentCount));
    }

    [Theory]
    [InlineData("created_at", true, "b é A")]
    [InlineData("created_at", false, "A é b")]
    [InlineData("name", false, "A b é")]
    [InlineData("name", true, "é b A")]
    [InlineData("model_count", true, "A b é")]
    public async Task List_Sorted_IsInThatOrder(string sort, bool descending, string order)
    {
        var first = await Storage.NewProject("A");
        await Storage.NewProject("é", created: Samples.Now.AddMicroseconds(1));
        await Storage.NewProject("b", created: Samples.Now.AddSeconds(1));
        await Storage.NewModel(first);

        var page = await Storage.Projects.List(new(null, null, sort, descending), new(10, 0), Token);

        Assert.Equal(order, string.Join(' ', page.Items.Select(listing => listing.Project.Name)));
    }

    [Theory]
    [InlineData("RISK", "Credit risk")]
    [InlineData("É", "prix d'été")]
    [InlineData("100%", "100%_sure")]
    [InlineData("_", "100%_sure")]
    [InlineData("%", "100%_sure")]
    [InlineData(@"\", @"back\slash")]
    [InlineData("of the year", "prix d'été")]
    [InlineData("nothing", "")]
    public async Task List_Searched_FindsPartsCaseAside(string search, string expected)
    {
        foreach (var name in new[] { "Credit risk", "100%_sure", @"back\slash" })
        {
            await Storage.NewProject(name);
        }

        await Storage.NewProject("prix d'été", "OF THE YEAR");

        var page = await Storage.Projects.List(new(null, search, "name", false), new(10, 0), Token);

        Assert.Equal(expected, string.Join(',', page.Items.Select(listing => listing.Project.Name)));
        Assert.Equal(page.Items.Length, page.Total);
    }

    [Fact]
    public async Task List_InPages_HasEachOnceAndTheWholeTotal()
    {
        var all = new List<ProjectId>();
        for (var i = 0; i < 7; i++)
        {
            // Several at the same moment: the id decides.
            all.Add((await Storage.NewProject($"p{i}", created: Samples.Now.AddSeconds(i / 3))).Id);
        }

        var pages = new List<Page<ProjectListing>>();
        for (var offset = 0; offset < 9; offset += 3)
        {
            pages.Add(await Storage.Projects.List(new(null, null, "created_at", true), new(3, offset), Token));
        }

        var seen = pages.SelectMany(page => page.Items).Select(listing => listing.Project).ToArray();
        Assert.Equal(all.ToHashSet(), seen.Select(project => project.Id).ToHashSet());
        Assert.Equal(7, seen.Length);
        Assert.Equal(seen.OrderByDescending(project => project.CreatedAt).ThenByDescending(project => project.Id.ToString()), seen);
        Assert.All(pages, page => Assert.Equal(7, page.Total));
    }

    [Fact]
    public async Task List_OfABoundCaller_HasThatProjectOnly()
    {
        await Storage.NewProject();
        var own = await Storage.NewProject();

        var page = await Storage.Projects.List(new(own.Id, null, "created_at", true), new(10, 0), Token);

        Assert.Equal(own.Id, Assert.Single(page.Items).Project.Id);
        Assert.Equal(1, page.Total);
    }

    [Fact]
    public async Task Update_Project_SetsBothAndTakesAnEpoch()
    {
        var project = await Storage.NewProject("old", "text");

        var updated = await Storage.Projects.Update(project.Id, "new", null, Token);

        Assert.Equal(project with { Name = "new", Description = null, Epoch = 2 }, updated);
        Assert.Equal(updated, (await Storage.Projects.Find(project.Id, Token))!.Project);
        Assert.Null(await Storage.Projects.Update(ProjectId.New(Samples.Now), "n", null, Token));
    }

    [Fact]
    public async Task Delete_WithProduction_IsRefusedNamingIt()
    {
        var project = await Storage.NewProject();
        var model = await Storage.NewModel(project);
        var production = Samples.Deployment(model, Stage.Production, "the one");
        await Storage.Commit(project.Id, production);

        var refusal = await Assert.ThrowsAsync<MlOpsException>(() => Storage.Projects.Delete(project.Id, Token));

        Assert.Equal(ErrorCode.ProjectInUse, refusal.Code);
        Assert.Contains("the one", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(production.Id.ToString(), refusal.Message, StringComparison.Ordinal);
        Assert.NotNull(await Storage.Projects.Find(project.Id, Token));
    }

    [Fact]
    public async Task Delete_Project_TakesEverythingOfItAndNothingElse()
    {
        var (project, other) = (await Storage.NewProject(), await Storage.NewProject());
        var (model, kept) = (await Storage.NewModel(project), await Storage.NewModel(other));
        var deployment = Samples.Deployment(model, Stage.Archived);
        await Storage.Commit(project.Id, deployment);

        Assert.True(await Storage.Projects.Delete(project.Id, Token));

        Assert.False(await Storage.Projects.Delete(project.Id, Token));
        Assert.Null(await Storage.Projects.Find(project.Id, Token));
        Assert.Null(await Storage.Projects.Load(project.Id, Token));
        Assert.Null(await Storage.Models.Find(model.Id, Token));
        Assert.Null(await Storage.Deployments.Find(deployment.Id, Token));
        Assert.Equal(0, (await Storage.Projects.Timeline(project.Id, new(10, 0), Token)).Total);
        Assert.NotNull(await Storage.Models.Find(kept.Id, Token));
        Assert.Equal(1, (await Storage.Projects.Timeline(other.Id, new(10, 0), Token)).Total);
        Assert.True(await Storage.Models.Read(kept.Parts[0].Sha256, Stream.Null, Token));
    }

    [Fact]
    public async Task Load_Project_HasItsEpochAndWhatIsNotArchived()
    {
        var project = await Storage.NewProject();
        var model = await Storage.NewModel(project);
        var (staging, production) = (Samples.Deployment(model), Samples.Deployment(model, Stage.Production, created: Samples.Now.AddSeconds(1)));
        await Storage.Commit(project.Id, staging, production, Samples.Deployment(model, Stage.Archived));

        var state = await Storage.Projects.Load(project.Id, Token);

        Assert.Equal(3, state!.Epoch);
        Assert.Equal([production, staging], state.Deployments);
        Assert.Null(await Storage.Projects.Load(ProjectId.New(Samples.Now), Token));
    }

    [Fact]
    public async Task Commit_AtAnotherEpoch_IsFalseAndChangesNothing()
    {
        var project = await Storage.NewProject();
        var model = await Storage.NewModel(project);
        var deployment = Samples.Deployment(model);
        var change = new ProjectChange(project.Id, 7, [deployment], [], [Samples.Event("created")], Samples.Idempotency());

        Assert.False(await Storage.Projects.Commit(change, Token));

        Assert.Equal(2, (await Storage.Projects.Load(project.Id, Token))!.Epoch);
        Assert.Null(await Storage.Deployments.Find(deployment.Id, Token));
        Assert.Null(await Storage.Idempotency.Find(change.Idempotency!.Key, Token));
        Assert.Equal(1, (await Storage.Projects.Timeline(project.Id, new(10, 0), Token)).Total);
    }

    [Fact]
    public async Task Commit_OfAGoneProject_IsFalse() =>
        Assert.False(await Storage.Projects.Commit(new(ProjectId.New(Samples.Now), 1, [], [], [], null), Token));

    [Fact]
    public async Task Commit_ManyAtOnce_ExactlyOneWinsEachEpoch()
    {
        var project = await Storage.NewProject();
        var model = await Storage.NewModel(project);
        var won = new ConcurrentBag<long>();

        await Task.WhenAll(Enumerable.Range(0, 16).Select(worker => Task.Run(
            async () =>
            {
                for (var wins = 0; wins < 10;)
                {
                    var state = await Storage.Projects.Load(project.Id, Token);
                    var next = Samples.Deployment(model, Stage.Production, $"{worker}-{wins}");
                    Deployment[] put = state!.Production is { } old ? [old with { Stage = Stage.Archived }, next] : [next];
                    var change = new ProjectChange(project.Id, state.Epoch, [.. put], [], [Samples.Event("created", next.Id)], null);
                    if (await Storage.Projects.Commit(change, Token))
                    {
                        won.Add(state.Epoch);
                        wins++;
                    }
                }
            },
            Token)));

        Assert.Equal(Enumerable.Range(2, 160).Select(epoch => (long)epoch), won.Order());
        var after = await Storage.Projects.Load(project.Id, Token);
        Assert.Equal(162, after!.Epoch);
        Assert.Single(after.Deployments);
        Assert.Equal(160, (await Storage.Deployments.List(project.Id, new(1, 0), Token)).Total);
        Assert.Equal(161, (await Storage.Projects.Timeline(project.Id, new(1, 0), Token)).Total);
    }

    [Fact]
    public async Task Commit_OfTwoProductions_IsRefusedByTheDatabase()
    {
        var project = await Storage.NewProject();
        var model = await Storage.NewModel(project);
        var (one, two) = (Samples.Deployment(model, Stage.Production), Samples.Deployment(model, Stage.Production));

        await Assert.ThrowsAnyAsync<DbException>(() => Storage.Commit(project.Id, one, two));
        await Storage.Commit(project.Id, one);
        await Assert.ThrowsAnyAsync<DbException>(() => Storage.Commit(project.Id, two));

        var state = await Storage.Projects.Load(project.Id, Token);
        Assert.Equal(3, state!.Epoch);
        Assert.Equal([one], state.Deployments);
    }

    [Fact]
    public async Task Commit_Switch_ReplacesAndDeletesInOneStep()
    {
        var project = await Storage.NewProject();
        var model = await Storage.NewModel(project);
        var (old, next, gone) = (Samples.Deployment(model, Stage.Production), Samples.Deployment(model), Samples.Deployment(model));
        await Storage.Commit(project.Id, old, next, gone);
        var (archived, raised) = (
            old with { Stage = Stage.Archived, UpdatedAt = Samples.Now.AddSeconds(1) },
            next with
            {
                Stage = Stage.Production,
                Failure = "why",
                Spec = next.Spec with { Name = "n", Canary = true, TrafficPercent = 7, Config = "{}", Privacy = new("p", false, true, """{"a":"email"}""", 0.5) },
            });

        Assert.True(await Storage.Projects.Commit(
            new(project.Id, 3, [archived, raised], [gone.Id], [Samples.Event("archived"), Samples.Event("promoted")], Samples.Idempotency()), Token));

        Assert.Equal(archived, await Storage.Deployments.Find(old.Id, Token));
        Assert.Equal(raised, await Storage.Deployments.Find(next.Id, Token));
        Assert.Null(await Storage.Deployments.Find(gone.Id, Token));
        Assert.Equal(Samples.Idempotency(), await Storage.Idempotency.Find(Samples.Idempotency().Key, Token));
    }

    [Fact]
    public async Task Commit_OfADeletedModel_IsRefusedUnlessArchived()
    {
        var project = await Storage.NewProject();
        var model = await Storage.NewModel(project);
        var archived = Samples.Deployment(model, Stage.Archived);
        await Storage.Commit(project.Id, archived);
        Assert.Empty(await Storage.Models.Delete(model.Id, Samples.Event("model_deleted"), Token) ?? ["there was none"]);

        var refusal = await Assert.ThrowsAsync<MlOpsException>(() => Storage.Commit(project.Id, archived with { Stage = Stage.Production }));

        Assert.Equal(ErrorCode.ModelDeleted, refusal.Code);
        await Storage.Commit(project.Id, archived with { Failure = "still told" });
        Assert.Equal("still told", (await Storage.Deployments.Find(archived.Id, Token))!.Failure);
    }

    // It may quote names of the model's own.
    [Fact]
    public async Task Commit_FailureWithTextThatNoDatabaseHolds_IsShown()
    {
        var project = await Storage.NewProject();
        var deployment = Samples.Deployment(await Storage.NewModel(project)) with { Failure = "the input 'a\0b\ud83d' of 'ö😀'" };

        await Storage.Commit(project.Id, deployment);

        Assert.Equal("the input 'a\u2400b\ufffd' of 'ö😀'", (await Storage.Deployments.Find(deployment.Id, Token))!.Failure);
    }

    [Fact]
    public async Task Commit_OfAnotherProjectsModelOrDeployment_IsRefused()
    {
        var (project, other) = (await Storage.NewProject(), await Storage.NewProject());
        var foreign = Samples.Deployment(await Storage.NewModel(other));

        await Assert.ThrowsAsync<MlOpsException>(() => Storage.Commit(project.Id, foreign with { Project = project.Id }));
        await Assert.ThrowsAsync<ArgumentException>(() => Storage.Commit(project.Id, foreign));
    }

    [Fact]
    public async Task Timeline_OfSeveralChanges_IsNewestFirstAndComplete()
    {
        var project = await Storage.NewProject();
        var deployment = DeploymentId.New(Samples.Now);
        var (archived, promoted) = (Samples.Event("archived", deployment, "production", "archived"), Samples.Event("promoted", deployment, "staging"));
        await Storage.Projects.Commit(new(project.Id, 1, [], [], [archived, promoted], null), Token);
        var last = Samples.Event("updated") with { CreatedAt = Samples.Now.AddHours(-1), Model = new(Guid.CreateVersion7(Samples.Now)) };
        await Storage.Projects.Commit(new(project.Id, 2, [], [], [last], null), Token);

        var events = await Storage.Projects.Timeline(project.Id, new(2, 0), Token);

        Assert.Equal([last, promoted], events.Items);
        Assert.Equal(3, events.Total);
        Assert.Equal([archived], (await Storage.Projects.Timeline(project.Id, new(2, 2), Token)).Items);
    }

    [Fact]
    public async Task Timeline_Rows_CanNeitherBeChangedNorDeleted()
    {
        await Storage.NewModel(await Storage.NewProject());

        foreach (var tampering in new Sql.Statement[] { $"update timeline set actor = 'nobody'", $"delete from timeline" })
        {
            await Assert.ThrowsAnyAsync<DbException>(() => Storage.Catalogue.Write(session => session.Execute(tampering), Token));
        }

        Assert.Equal(1, await Storage.Number($"select count(*) from timeline where actor = 'ci'"));
    }
}
