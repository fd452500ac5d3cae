using Microsoft.Extensions.DependencyInjection;
using MlOps.Tests.Grains;

namespace MlOps.Tests.Sqlite;

public sealed class SqliteReminderTableTests : ReminderTableCompliance
{
    private readonly SqliteFolder folder = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        folder.Dispose();
    }

    private protected override void UseStorage(ISiloBuilder silo)
    {
        silo.Services.AddSingleton(folder.Catalogue.Orleans);
        silo.UseMlOpsStorage();
    }
}
