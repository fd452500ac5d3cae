using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using MlOps.Models;
using MlOps.Predictions;
using Xunit;

namespace MlOps.Tests.Models;

/// <summary>A file whose load ended the process is tried outside of it before it is loaded again, and kills at most one start.</summary>
public sealed class LoadMarkersTests : IAsyncDisposable
{
    private readonly DataFolder data = new(Directory.CreateTempSubdirectory("mlops-markers-").FullName);
    private readonly ScriptedRuntime runtime = new();
    private SiloCluster? cluster;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        if (cluster is not null)
        {
            await cluster.DisposeAsync();
        }

        Directory.Delete(data.Path, recursive: true);
    }

    private LoadMarkers Markers() => new(data, NullLogger<LoadMarkers>.Instance);

    [Fact]
    public void Markers_CountTheStartsThatFoundTheLoadUnfinished()
    {
        Assert.Equal(0, Markers().Unfinished("digest"));
        Markers().Begin("digest");
        Assert.Equal(1, Markers().Unfinished("digest"));
        Markers().Begin("digest");
        Assert.Equal(2, Markers().Unfinished("digest"));
        Assert.Equal(0, Markers().Unfinished("another"));
    }

    [Fact]
    public void Markers_OfAFinishedLoad_AreGone()
    {
        var markers = Markers();
        markers.Begin("digest");
        markers.End("digest");

        Assert.Equal(0, Markers().Unfinished("digest"));
    }

    [Fact]
    public void Markers_OfLoadsOfOneFileSideBySide_StandUntilTheLastHasEnded()
    {
        var markers = Markers();
        Parallel.For(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 4 }, _ => markers.Begin("digest"));
        for (var ended = 0; ended < 64; ended++)
        {
            Assert.Equal(1, Markers().Unfinished("digest"));
            markers.End("digest");
        }

        Assert.Equal(0, Markers().Unfinished("digest"));
    }

    [Theory]
    [InlineData(0, null, false, true, 0)]
    [InlineData(1, null, false, true, 1)]
    [InlineData(1, "it dies", false, false, 1)]
    [InlineData(2, null, false, false, 0)]
    [InlineData(2, null, true, true, 1)]
    [InlineData(2, "it dies", true, false, 1)]
    public async Task Load_AfterUnfinishedOnes_IsDoneOnlyWhenItMayBe(int unfinished, string? verdict, bool insist, bool loads, int verified)
    {
        cluster = await SiloCluster.Start();
        var model = await cluster.Model(await cluster.Project());
        var store = cluster.Store<IModelStore>();
        var digest = (await store.Find(model, Cancellation))!.Model.Digest;
        for (var start = 0; start < unfinished; start++)
        {
            Markers().Begin(digest);
        }

        runtime.Verdict = verdict;
        Directory.CreateDirectory(data.ModelCache);
        var options = Options.Create(new ModelOptions());
        using var gate = new LoadGate(options, TimeProvider.System);
        var loader = new ModelLoader(
            store,
            new ModelCache(store, data, options, TimeProvider.System),
            runtime,
            runtime,
            Markers(),
            gate,
            new ModelMemory(runtime, options, TimeProvider.System, NullLogger<ModelMemory>.Instance),
            new Admission(Options.Create(new PredictionOptions())),
            options,
            TimeProvider.System);

        var failure = await Record.ExceptionAsync(() => loader.Load(model, insist, Cancellation));

        Assert.Equal(loads, failure is null);
        Assert.Equal(loads ? 1 : 0, runtime.Loads("doubles"));
        Assert.Equal(verified, runtime.Verified);
        Assert.Equal(loads ? 0 : unfinished, Markers().Unfinished(digest));
        if (failure is not null)
        {
            Assert.Equal(ErrorCode.ModelError, Assert.IsType<MlOpsException>(failure).Code);
        }
    }
}
