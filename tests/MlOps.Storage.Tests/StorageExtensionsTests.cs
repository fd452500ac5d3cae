using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MlOps.Access;
using MlOps.Deployments;
using MlOps.Models;
using MlOps.Projects;

namespace MlOps.Tests;

public sealed class StorageExtensionsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task AddMlOpsStorage_Host_StartsWithEveryStore()
    {
        using var host = NewHost(("Storage:Data", folder.Path));
        await host.StartAsync(Token);

        await host.Services.GetRequiredService<IProjectStore>().Create(Samples.Project(), null, Token);
        Assert.NotNull(host.Services.GetRequiredService<IDeploymentStore>());
        Assert.NotNull(host.Services.GetRequiredService<IModelStore>());
        Assert.NotNull(host.Services.GetRequiredService<IApiKeyStore>());
        Assert.NotNull(host.Services.GetRequiredService<IIdempotencyStore>());
        Assert.Equal(folder.Path, host.Services.GetRequiredService<DataFolder>().Path);

        await host.StopAsync(Token);
    }

    [Fact]
    public async Task AddMlOpsStorage_SecondHost_RefusesToStartUntilTheFirstIsGone()
    {
        using (var first = NewHost(("Storage:Data", folder.Path)))
        {
            await first.StartAsync(Token);
            using var second = NewHost(("Storage:Data", folder.Path));

            await Assert.ThrowsAsync<StorageStartException>(() => second.StartAsync(Token));
            await first.StopAsync(Token);
        }

        using var third = NewHost(("Storage:Data", folder.Path));
        await third.StartAsync(Token);
        await third.StopAsync(Token);
    }

    [Fact]
    public void AddMlOpsStorage_UnknownKey_IsRefused()
    {
        using var host = NewHost(("Storage:Data", folder.Path), ("Storage:Date", "x"));

        Assert.ThrowsAny<InvalidOperationException>(() => host.Services.GetRequiredService<IOptions<StorageOptions>>().Value);
    }

    [Fact]
    public void AddMlOpsStorage_EmptyFolder_IsRefused()
    {
        using var host = NewHost(("Storage:Data", " "));

        Assert.Throws<OptionsValidationException>(() => host.Services.GetRequiredService<IOptions<StorageOptions>>().Value);
    }

    private static IHost NewHost(params (string Key, string Value)[] settings)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(settings.ToDictionary(setting => setting.Key, setting => (string?)setting.Value));
        builder.Services.AddMlOpsStorage(builder.Configuration);
        return builder.Build();
    }
}
