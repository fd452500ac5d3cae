using System.Collections.ObjectModel;
using MlOps.Contributions;
using MlOps.Deployments;
using MlOps.Models;
using MlOps.Projects;

namespace MlOps.Tests.Models;

/// <summary>What every <see cref="IModelStore"/> holds.</summary>
public abstract class ModelStoreCompliance : IDisposable
{
    private static readonly ModelQuery All = new(null, null, null, null, null, null, null, true);

    private readonly Lazy<StorageUnderTest> storage;

    protected ModelStoreCompliance() => storage = new(Open);

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
    public async Task Add_Model_IsFoundAsItWas()
    {
        var project = await Storage.NewProject("Bank");
        using var graph = SampleFile.Of(1, 10);
        using var data = SampleFile.Of(2, ModelFiles.ChunkBytes + 1);
        var model = Samples.Model(project.Id, graph, data, graph);
        var files = new Dictionary<string, string> { [graph.Sha256] = graph.Path, [data.Sha256] = data.Path };

        Assert.True(await Storage.Models.Add(model, files, Samples.Event("model_registered"), Samples.Idempotency(), Token));

        var found = await Storage.Models.Find(model.Id, Token);
        Structure.AssertSame(new ModelListing(model, "Bank", false, false), found);
        Assert.Equal(2, (await Storage.Projects.Load(project.Id, Token))!.Epoch);
        Assert.Equal("model_registered", Assert.Single((await Storage.Projects.Timeline(project.Id, new(9, 0), Token)).Items).Action);
        Assert.NotNull(await Storage.Idempotency.Find(Samples.Idempotency().Key, Token));
    }

    [Fact]
    public async Task Add_WithoutBaseline_HasNone()
    {
        var project = await Storage.NewProject();

        var model = await Storage.NewModel(project, model => model with { Baseline = null, Preview = "[1]", Warnings = [] });

        Structure.AssertSame(model, (await Storage.Models.Find(model.Id, Token))!.Model);
    }

    [Fact]
    public async Task Basis_IsReadAsItWas_UntilAnotherIsFoundOut()
    {
        var project = await Storage.NewProject();
        var without = await Storage.NewModel(project, model => model with { Baseline = null });
        var basis = new ContributionBasis(ContributionMethod.Tree, new ScoreReading(ScoreChoice.Difference, ContributionSpace.LogOdds), CoverSource.Baseline, null)
        {
            Rows = 12_345,
            Covers = [.. Enumerable.Range(0, 100_000).Select(node => node / 3.0)],
            Means = [double.NaN, 0.1, double.PositiveInfinity],
            Background = [[Scalar.Of(1.5), Scalar.Of("a"), Scalar.Null], [Scalar.Of(2L), Scalar.Of(true), Scalar.Of("")]],
        };
        var with = await Storage.NewModel(project, model => model with { Baseline = null, Basis = basis });

        Assert.Null(await Storage.Models.ReadBasis(without.Id, Token));
        Assert.Null((await Storage.Models.Find(without.Id, Token))!.Model.Contributions);
        Structure.AssertSame(basis, await Storage.Models.ReadBasis(with.Id, Token));
        Assert.Equal(basis.Summary, (await Storage.Models.Find(with.Id, Token))!.Model.Contributions);

        var later = ContributionBasis.None("Because.");
        await Storage.Models.AddBaseline(with with { Basis = null, Parts = [] }, new UploadedParts(new Dictionary<string, string>(), []), Samples.Event("baseline_added"), Token);
        Structure.AssertSame(basis, await Storage.Models.ReadBasis(with.Id, Token));
        await Storage.Models.AddBaseline(with with { Basis = later, Parts = [] }, new UploadedParts(new Dictionary<string, string>(), []), Samples.Event("baseline_added"), Token);
        Structure.AssertSame(later, await Storage.Models.ReadBasis(with.Id, Token));
        Assert.Equal("Because.", (await Storage.Models.Find(with.Id, Token))!.Model.Contributions!.Unavailable);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(ModelFiles.ChunkBytes)]
    [InlineData(3 * ModelFiles.ChunkBytes + 17)]
    public async Task Read_File_AnswersItsBytes(int size)
    {
        var project = await Storage.NewProject();
        using var file = SampleFile.Of(size, size);
        await Storage.Models.Add(Samples.Model(project.Id, file), file.Paths, Samples.Event("model_registered"), null, Token);
        using var read = new MemoryStream();

        Assert.True(await Storage.Models.Read(file.Sha256, read, Token));

        Assert.Equal(file.Bytes.AsSpan(), read.ToArray());
        Assert.False(await Storage.Models.Read(new string('0', 64), Stream.Null, Token));
    }

    [Fact]
    public async Task Read_DamagedFile_Throws()
    {
        var model = await Storage.NewModel(await Storage.NewProject());
        await Storage.Catalogue.Write(session => session.Execute($"update file_chunks set bytes = {new byte[] { 1 }}"), Token);

        await Assert.ThrowsAsync<InvalidDataException>(() => Storage.Models.Read(model.Parts[0].Sha256, Stream.Null, Token));
    }

    [Fact]
    public async Task Add_SameBytesAgain_StoresThemOnce()
    {
        var project = await Storage.NewProject();

        await Storage.NewModel(project);
        await Storage.NewModel(project);
        await Storage.NewModel(await Storage.NewProject());

        Assert.Equal(1, await Storage.Number($"select count(*) from files"));
        Assert.Equal(1, await Storage.Number($"select count(*) from file_chunks"));
    }

    [Fact]
    public async Task Add_SameBytesAtOnce_StoresThemOnce()
    {
        var project = await Storage.NewProject();
        using var file = SampleFile.Of(3, 2 * ModelFiles.ChunkBytes);

        var added = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(
            () => Storage.Models.Add(
                Samples.Model(project.Id, file), file.Paths, Samples.Event("model_registered"), null, Token),
            Token)));
        await Storage.Sweep.Sweep(Token);

        Assert.All(added, Assert.True);
        Assert.Equal(1, await Storage.Number($"select count(*) from files"));
        Assert.Equal(2, await Storage.Number($"select count(*) from file_chunks"));
        Assert.True(await Storage.Models.Read(file.Sha256, Stream.Null, Token));
    }

    [Fact]
    public async Task Add_ToAGoneProject_IsFalseAndLeavesNothing()
    {
        using var file = SampleFile.Of(4, 2 * ModelFiles.ChunkBytes);

        var added = await Storage.Models.Add(
            Samples.Model(ProjectId.New(Samples.Now), file), file.Paths, Samples.Event("model_registered"), null, Token);

        Assert.False(added);
        await AssertNoFiles(file);
    }

    [Fact]
    public async Task Add_OfAnotherHash_ThrowsAndLeavesNothing()
    {
        var project = await Storage.NewProject();
        using var file = SampleFile.Of(5, 2 * ModelFiles.ChunkBytes);
        using var changed = SampleFile.Of(6, 2 * ModelFiles.ChunkBytes);

        await Assert.ThrowsAsync<InvalidDataException>(() => Storage.Models.Add(
            Samples.Model(project.Id, file),
            new Dictionary<string, string> { [file.Sha256] = changed.Path },
            Samples.Event("model_registered"),
            null,
            Token));

        await AssertNoFiles(file);
        Assert.Equal(0, (await Storage.Models.List(All, new(10, 0), Token)).Total);
    }

    [Fact]
    public async Task Add_UnderAnIdempotencyKeyInUse_LeavesNothing()
    {
        var project = await Storage.NewProject();
        await Storage.Projects.Create(Samples.Project(), Samples.Idempotency(), Token);
        using var file = SampleFile.Of(7, 100);

        await Assert.ThrowsAsync<MlOpsException>(() => Storage.Models.Add(
            Samples.Model(project.Id, file), file.Paths, Samples.Event("model_registered"), Samples.Idempotency(), Token));

        await AssertNoFiles(file);
        Assert.Equal(1, (await Storage.Projects.Load(project.Id, Token))!.Epoch);
    }

    [Fact]
    public async Task Sweep_UploadOfADeadProcess_GoesWhenItIsOld()
    {
        using var file = SampleFile.Of(8, ModelFiles.ChunkBytes);
        await new ModelFiles(Storage.Catalogue, Storage.Sweep, Storage.Time).Upload(file.Sha256, file.Path, Token);

        await Storage.Sweep.Sweep(Token);
        Assert.Equal(1, await Storage.Number($"select count(*) from files"));

        Storage.Time.Advance(FileSweep.LongestUpload + TimeSpan.FromSeconds(1));
        await AssertNoFiles(file);
    }

    [Fact]
    public async Task Delete_UnusedModel_TakesItsFilesUnlessShared()
    {
        var project = await Storage.NewProject();
        var shared = await Storage.NewModel(project);
        using var own = SampleFile.Of(9, 6 * ModelFiles.ChunkBytes);
        var model = Samples.Model(project.Id, own) with { Name = "second" };
        model = model with { Parts = [.. model.Parts, shared.Parts[0]] };
        await Storage.Models.Add(model, own.Paths, Samples.Event("model_registered"), null, Token);

        var users = await Storage.Models.Delete(model.Id, Samples.Event("model_deleted"), Token);

        Assert.Equal([], users);
        Assert.Null(await Storage.Models.Find(model.Id, Token));
        Assert.False(await Storage.Models.Read(own.Sha256, Stream.Null, Token));
        Assert.True(await Storage.Models.Read(shared.Parts[0].Sha256, Stream.Null, Token));
        await Storage.Sweep.Sweep(Token);
        Assert.Equal(1, await Storage.Number($"select count(*) from file_chunks"));
        Assert.Equal("model_deleted", (await Storage.Projects.Timeline(project.Id, new(1, 0), Token)).Items[0].Action);
        Assert.Null(await Storage.Models.Delete(model.Id, Samples.Event("model_deleted"), Token));
    }

    [Fact]
    public async Task Delete_ModelInUse_ListsItsUsersAndChangesNothing()
    {
        var project = await Storage.NewProject();
        var model = await Storage.NewModel(project);
        var (staging, production) = (
            Samples.Deployment(model, name: "trial"), Samples.Deployment(model, Stage.Production, "live", Samples.Now.AddSeconds(1)));
        await Storage.Commit(project.Id, staging, production, Samples.Deployment(model, Stage.Archived, "old"));

        var users = await Storage.Models.Delete(model.Id, Samples.Event("model_deleted"), Token);

        Assert.Equal([$"'live' ({production.Id})", $"'trial' ({staging.Id})"], users);
        Assert.NotNull(await Storage.Models.Find(model.Id, Token));
        Assert.Equal(3, (await Storage.Projects.Load(project.Id, Token))!.Epoch);
    }

    [Fact]
    public async Task Add_WhileTheLastUserOfItsFileIsDeleted_KeepsTheBytes()
    {
        var project = await Storage.NewProject();
        using var file = SampleFile.Of(10, 100);

        for (var round = 0; round < 30; round++)
        {
            var (old, next) = (Samples.Model(project.Id, file), Samples.Model(project.Id, file));
            Assert.True(await Storage.Models.Add(old, file.Paths, Samples.Event("model_registered"), null, Token));
            await Task.WhenAll(
                Task.Run(() => Storage.Models.Add(next, file.Paths, Samples.Event("model_registered"), null, Token), Token),
                Task.Run(() => Storage.Models.Delete(old.Id, Samples.Event("model_deleted"), Token), Token),
                Task.Run(() => Storage.Sweep.Sweep(Token), Token));
            Assert.True(await Storage.Models.Read(file.Sha256, Stream.Null, Token));
            await Storage.Models.Delete(next.Id, Samples.Event("model_deleted"), Token);
        }
    }

    [Fact]
    public async Task Add_SameBytesToSeveralProjectsAtOnce_StoresThemOnce()
    {
        var projects = new List<Project>();
        for (var i = 0; i < 6; i++)
        {
            projects.Add(await Storage.NewProject());
        }

        for (var round = 0; round < 10; round++)
        {
            using var file = SampleFile.Of(100 + round, 100);

            var added = await Task.WhenAll(projects.Select(project => Task.Run(
                () => Storage.Models.Add(Samples.Model(project.Id, file), file.Paths, Samples.Event("model_registered"), null, Token), Token)));

            Assert.All(added, Assert.True);
            Assert.Equal(1, await Storage.Number($"select count(*) from files where sha256 = {file.Sha256} and state = 'stored'"));
            Assert.True(await Storage.Models.Read(file.Sha256, Stream.Null, Token));
        }
    }

    [Fact]
    public async Task Add_WhileTheLastUserOfItsFileInAnotherProjectGoes_KeepsTheBytes()
    {
        var (here, there) = (await Storage.NewProject(), await Storage.NewProject());
        using var file = SampleFile.Of(11, 100);
        for (var round = 0; round < 30; round++)
        {
            var (old, next) = (Samples.Model(there.Id, file), Samples.Model(here.Id, file));
            Assert.True(await Storage.Models.Add(old, file.Paths, Samples.Event("model_registered"), null, Token));

            await Task.WhenAll(
                Task.Run(() => Storage.Models.Add(next, file.Paths, Samples.Event("model_registered"), null, Token), Token),
                Task.Run(() => Storage.Models.Delete(old.Id, Samples.Event("model_deleted"), Token), Token));

            Assert.True(await Storage.Models.Read(file.Sha256, Stream.Null, Token));
            await Storage.Models.Delete(next.Id, Samples.Event("model_deleted"), Token);
        }
    }

    [Fact]
    public async Task Delete_ByTwoAtOnce_IsDoneAndToldOnce()
    {
        var project = await Storage.NewProject();
        for (var round = 0; round < 20; round++)
        {
            var model = await Storage.NewModel(project);

            var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => Storage.Models.Delete(model.Id, Samples.Event("model_deleted"), Token), Token)));

            Assert.Single(answers, users => users is not null);
        }

        Assert.Equal(20, await Storage.Number($"select count(*) from timeline where action = 'model_deleted'"));
    }

    [Fact]
    public async Task Sweep_ByTwoAtOnce_TakesEveryChunkAway()
    {
        var project = await Storage.NewProject();
        using var file = SampleFile.Of(12, 5 * ModelFiles.ChunkBytes);
        var model = Samples.Model(project.Id, file);
        await Storage.Models.Add(model, file.Paths, Samples.Event("model_registered"), null, Token);
        await Storage.Models.Delete(model.Id, Samples.Event("model_deleted"), Token);

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => Storage.Sweep.Sweep(Token), Token)));

        await AssertNoFiles(file);
    }

    [Fact]
    public async Task Add_UploadThatTheSweepGaveUp_IsUploadedAgain()
    {
        var project = await Storage.NewProject();
        using var first = SampleFile.Of(13, 100);
        using var second = SampleFile.Of(14, 100);
        var swept = false;
        var paths = new Paths(new Dictionary<string, string> { [first.Sha256] = first.Path, [second.Sha256] = second.Path }, sha256 =>
        {
            if (sha256 == second.Sha256 && !swept)
            {
                swept = true;
                Storage.Time.Advance(FileSweep.LongestUpload + TimeSpan.FromSeconds(1));
                Storage.Sweep.Sweep(Token).GetAwaiter().GetResult();
            }
        });

        Assert.True(await Storage.Models.Add(Samples.Model(project.Id, first, second), paths, Samples.Event("model_registered"), null, Token));

        Assert.True(swept && await Storage.Models.Read(first.Sha256, Stream.Null, Token));
        Assert.True(await Storage.Models.Read(second.Sha256, Stream.Null, Token));
    }

    // A name or a number of a model's own may be one that a database cannot hold as it is.
    [Fact]
    public async Task List_SortedByAMetric_StandsAnyNameAndNumber()
    {
        var project = await Storage.NewProject();
        foreach (var (name, json) in new[]
        {
            ("high", """{"a\u0000b":7,"\\u0000":1,"auc":0.75}"""), ("low", """{"auc":1e-400}"""), ("middle", """{"\ud83d\ude00":1,"auc":0.5}"""), ("none", """{"auc":{"\u0000":"\u0000"}}"""),
        })
        {
            await Storage.NewModel(project, model => model with { Name = name, Metrics = json });
        }

        var page = await Storage.Models.List(All with { SortMetric = "auc", Descending = true }, new(10, 0), Token);
        var escaped = await Storage.Models.List(All with { SortMetric = @"\u0000" }, new(1, 0), Token);
        var pair = await Storage.Models.List(All with { SortMetric = "😀" }, new(1, 0), Token);

        Assert.Equal("high middle low none", string.Join(' ', page.Items.Select(listing => listing.Model.Name)));
        Assert.Equal(("high", "middle"), (escaped.Items[0].Model.Name, pair.Items[0].Model.Name));
        Assert.Equal("""{"a\u0000b":7,"\\u0000":1,"auc":0.75}""", page.Items[0].Model.Metrics);
    }

    [Fact]
    public async Task List_Filtered_HasWhatMatches()
    {
        var (bank, shop) = (await Storage.NewProject("Bank"), await Storage.NewProject("Shop"));
        var live = await Storage.NewModel(bank, model => model with { Name = "live", Algo = "GBM" });
        var trial = await Storage.NewModel(bank, model => model with { Name = "trial_1", Algo = "DRF" });
        var broken = await Storage.NewModel(shop, model => model with { Name = "broken", Algo = "gbm" });
        await Storage.Commit(bank.Id, Samples.Deployment(live, Stage.Production), Samples.Deployment(trial), Samples.Deployment(live, Stage.Archived));
        await Storage.Commit(shop.Id, Samples.Deployment(broken) with { Failure = "cannot be loaded" });

        Assert.Equal("broken live trial_1", await Names(All));
        Assert.Equal("live trial_1", await Names(All with { Project = bank.Id }));
        Assert.Equal("", await Names(All with { Project = bank.Id, Only = shop.Id }));
        Assert.Equal("broken", await Names(All with { Only = shop.Id }));
        Assert.Equal("broken live", await Names(All with { Type = "Gbm" }));
        Assert.Equal("live", await Names(All with { IsProduction = true }));
        Assert.Equal("broken trial_1", await Names(All with { IsProduction = false }));
        Assert.Equal("trial_1", await Names(All with { IsStaging = true }));
        Assert.Equal("broken live", await Names(All with { IsStaging = false }));
        Assert.Equal("live trial_1", await Names(All with { Search = "bANK" }));
        Assert.Equal("trial_1", await Names(All with { Search = "drf" }));
        Assert.Equal("trial_1", await Names(All with { Search = "_" }));
        Assert.Equal("", await Names(All with { Search = "%" }));
        var listing = (await Storage.Models.List(All with { Search = "live" }, new(1, 0), Token)).Items[0];
        Assert.Equal((true, false, "Bank"), (listing.IsProduction, listing.IsStaging, listing.ProjectName));
        Structure.AssertSame(live, listing.Model);
    }

    [Theory]
    [InlineData("auc", true, "high low none text")]
    [InlineData("auc", false, "low high none text")]
    [InlineData("a \"quoted\" $.key", true, "text high low none")]
    [InlineData("nowhere", true, "high low none text")]
    [InlineData(null, true, "high low none text")]
    [InlineData(null, false, "text none low high")]
    public async Task List_SortedByAMetric_HasModelsWithoutItLast(string? metric, bool descending, string order)
    {
        var project = await Storage.NewProject();
        var metrics = new[] { "text", "none", "low", "high" }.Zip(
            ["""{"auc":"0.99","a \"quoted\" $.key":1}""", "{}", """{"auc":0.5}""", """{"auc":1}"""]);
        var second = 0;
        foreach (var (name, json) in metrics)
        {
            await Storage.NewModel(project, model => model with { Name = name, Metrics = json, CreatedAt = Samples.Now.AddSeconds(second++) });
        }

        var page = await Storage.Models.List(All with { SortMetric = metric, Descending = descending }, new(10, 0), Token);

        Assert.Equal(order, string.Join(' ', page.Items.Select(listing => listing.Model.Name)));
    }

    [Fact]
    public async Task List_InPages_IsNewestFirst()
    {
        var project = await Storage.NewProject();
        var created = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            created.Insert(0, (await Storage.NewModel(project, model => model with { CreatedAt = Samples.Now.AddMicroseconds(i) })).Id.ToString());
        }

        var page = await Storage.Models.List(All, new(2, 2), Token);

        Assert.Equal(created[2..4], page.Items.Select(listing => listing.Model.Id.ToString()));
        Assert.Equal(5, page.Total);
    }

    private async Task<string> Names(ModelQuery query)
    {
        var page = await Storage.Models.List(query, new(10, 0), Token);
        Assert.Equal(page.Items.Length, page.Total);
        return string.Join(' ', page.Items.Select(listing => listing.Model.Name).Order());
    }

    private async Task AssertNoFiles(SampleFile file)
    {
        Assert.False(await Storage.Models.Read(file.Sha256, Stream.Null, Token));
        await Storage.Sweep.Sweep(Token);
        Assert.Equal(0, await Storage.Number($"select count(*) from files"));
        Assert.Equal(0, await Storage.Number($"select count(*) from file_chunks"));
    }

    /// <summary>Local paths that tell when one is about to be uploaded.</summary>
    private sealed class Paths(Dictionary<string, string> paths, Action<string> uploading) : ReadOnlyDictionary<string, string>(paths), IReadOnlyDictionary<string, string>
    {
        string IReadOnlyDictionary<string, string>.this[string key]
        {
            get
            {
                uploading(key);
                return base[key];
            }
        }
    }
}
