using Microsoft.Extensions.DependencyInjection;
using MlOps.Tests.Grains;

namespace MlOps.Tests.Postgres;

public sealed class PostgresReminderTableTests : ReminderTableCompliance
{
    private readonly PostgresDatabase database = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        database.Dispose();
    }

    private protected override void UseStorage(ISiloBuilder silo)
    {
        silo.Services.AddSingleton(database.Orleans);
        silo.UseMlOpsStorage();
    }
}
