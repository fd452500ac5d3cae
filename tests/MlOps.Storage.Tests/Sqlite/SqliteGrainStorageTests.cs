using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using MlOps.Sqlite;
using MlOps.Tests.Grains;

namespace MlOps.Tests.Sqlite;

public sealed class SqliteGrainStorageTests : GrainStorageCompliance
{
    private readonly SqliteFolder folder = new();

    public override ValueTask DisposeAsync()
    {
        folder.Dispose();
        return base.DisposeAsync();
    }

    private protected override void UseStorage(ISiloBuilder silo)
    {
        silo.Services.AddSingleton(folder.Catalogue.Orleans);
        silo.UseMlOpsStorage();
    }

    // The stock statements leave a transaction open on a pooled connection here, and every later write on it fails.
    [Fact]
    public async Task Write_WhileAnotherProgramHoldsTheLock_WaitsForIt()
    {
        await using var other = new SqliteConnection($"Data Source={folder.Database};Pooling=False");
        await other.OpenAsync(TestContext.Current.CancellationToken);
        SqliteConnections.Execute(other, "begin immediate");

        var written = Task.Run(Write_NewState_IsReadByTheOther, TestContext.Current.CancellationToken);
        await Task.WhenAny(written, Task.Delay(1500, TestContext.Current.CancellationToken));
        Assert.False(written.IsCompleted);
        SqliteConnections.Execute(other, "rollback");

        await written;
        await Write_SameVersionByBothAtOnce_OnlyOneSucceeds();
    }
}
