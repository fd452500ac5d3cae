using System.Globalization;
using Microsoft.Extensions.Options;
using MlOps.Models;
using Xunit;

namespace MlOps.Tests.Models;

/// <summary>Model files on disk: bounded, in the order of their last use also after a restart, and never other bytes than those registered.</summary>
public sealed class ModelCacheTests : IAsyncDisposable
{
    // Each file holds its model's name of six letters.
    private const long TwoModels = 12;

    private readonly DataFolder data = new(Directory.CreateTempSubdirectory("mlops-cache-").FullName);
    private readonly Clock clock = new();
    private SiloCluster? cluster;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await cluster!.DisposeAsync();
        Directory.Delete(data.Path, recursive: true);
    }

    [Fact]
    public async Task Fetch_BeyondTheLimit_TakesTheLongestUnusedAway()
    {
        var (a, b, c) = (await Model("aaaaaa"), await Model("bbbbbb"), await Model("cccccc"));
        var cache = Cache();
        await Use(cache, a);
        await Use(cache, b);
        await Use(cache, a);

        await Use(cache, c);

        Assert.Equal([true, false, true], Lies(a, b, c));
    }

    [Fact]
    public async Task Fetch_BeyondTheLimit_LeavesWhatIsInUse()
    {
        var (a, b, c) = (await Model("aaaaaa"), await Model("bbbbbb"), await Model("cccccc"));
        var cache = Cache();
        var first = await cache.Fetch(a, Cancellation);
        using var second = await cache.Fetch(b, Cancellation);

        using var third = await cache.Fetch(c, Cancellation);

        Assert.Equal([true, true, true], Lies(a, b, c));
        first.Dispose();
        await Use(cache, await Model("dddddd"));
        Assert.Equal([false, true, true], Lies(a, b, c));
    }

    [Fact]
    public async Task Order_OutlivesTheProcess()
    {
        var (a, b, c) = (await Model("aaaaaa"), await Model("bbbbbb"), await Model("cccccc"));
        var before = Cache();
        await Use(before, a);
        await Use(before, b);
        await Use(before, a);
        Directory.CreateDirectory(Path.Combine(data.ModelCache, $"{c.Digest}.unfinished"));

        await Use(Cache(), c);

        Assert.Equal([true, false, true], Lies(a, b, c));
        Assert.Equal(2, Directory.GetDirectories(data.ModelCache).Length);
    }

    [Fact]
    public async Task FileDamagedBetweenTwoStarts_IsFetchedAnew()
    {
        var a = await Model("aaaaaa");
        await Use(Cache(), a);
        await File.WriteAllTextAsync(Path.Combine(data.ModelCache, a.Digest, "model.onnx"), "aaaaab", Cancellation);

        using var cached = await Cache().Fetch(a, Cancellation);

        Assert.Equal("aaaaaa", await File.ReadAllTextAsync(cached.Graph, Cancellation));
    }

    private async Task<RegisteredModel> Model(string name)
    {
        cluster ??= await SiloCluster.Start();
        var id = await cluster.Model(await cluster.Project(), name);
        return (await cluster.Store<IModelStore>().Find(id, Cancellation))!.Model;
    }

    private ModelCache Cache() => new(cluster!.Store<IModelStore>(), data, Options.Create(new ModelOptions { CacheBytes = TwoModels }), clock);

    private async Task Use(ModelCache cache, RegisteredModel model)
    {
        clock.Now += TimeSpan.FromSeconds(1);
        (await cache.Fetch(model, Cancellation)).Dispose();
    }

    private IEnumerable<bool> Lies(params RegisteredModel[] models) => models.Select(model => File.Exists(Path.Combine(data.ModelCache, model.Digest, "model.onnx")));

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.Parse("2026-11-25T12:00:00Z", CultureInfo.InvariantCulture);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
