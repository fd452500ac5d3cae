using Microsoft.Extensions.Logging.Abstractions;
using MlOps.Tests.Sqlite;

namespace MlOps.Tests;

public sealed class UpkeepTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Upkeep_WhenAModelIsDeleted_TakesItsBytesAway()
    {
        using var storage = SqliteFolder.Storage();
        using var upkeep = new Upkeep(storage.Sweep, storage.Idempotency, storage.Time, NullLogger<Upkeep>.Instance);
        var model = await storage.NewModel(await storage.NewProject());
        await upkeep.StartAsync(Token);

        await storage.Models.Delete(model.Id, Samples.Event("model_deleted"), Token);

        await Until(async () => await storage.Number($"select count(*) from file_chunks") == 0);
        await upkeep.StopAsync(Token);
    }

    [Fact]
    public async Task Upkeep_AfterADay_TakesOldAnswersAway()
    {
        using var storage = SqliteFolder.Storage();
        using var upkeep = new Upkeep(storage.Sweep, storage.Idempotency, storage.Time, NullLogger<Upkeep>.Instance);
        await storage.Projects.Create(Samples.Project(), Samples.Idempotency(), Token);
        await upkeep.StartAsync(Token);

        await Until(async () =>
        {
            storage.Time.Advance(TimeSpan.FromHours(1));
            return await storage.Number($"select count(*) from idempotency") == 0;
        });

        Assert.True(storage.Time.GetUtcNow() - Samples.Now > TimeSpan.FromHours(24));
        await upkeep.StopAsync(Token);
    }

    // Waits for what happens on another thread; the test's own time limit ends it.
    private static async Task Until(Func<Task<bool>> happened)
    {
        while (!await happened())
        {
            await Task.Yield();
            Token.ThrowIfCancellationRequested();
        }
    }
}
