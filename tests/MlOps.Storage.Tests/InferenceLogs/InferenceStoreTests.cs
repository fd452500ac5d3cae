using Microsoft.Extensions.Logging.Abstractions;
using MlOps.Postgres;
using MlOps.Sqlite;
using MlOps.Tests.Postgres;

namespace MlOps.Tests.InferenceLogs;

public sealed class SqliteInferenceStoreTests : InferenceStoreCompliance
{
    private protected override LogUnderTest Open()
    {
        var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.Path);
        var database = SqliteLog.Open(new DataFolder(folder.Path), NullLogger.Instance);
        return new(database, new Both(database, folder));
    }

    private sealed class Both(IDisposable first, IDisposable second) : IDisposable
    {
        public void Dispose()
        {
            first.Dispose();
            second.Dispose();
        }
    }
}

public sealed class PostgresInferenceStoreTests : InferenceStoreCompliance
{
    private protected override LogUnderTest Open()
    {
        var database = new PostgresDatabase();
        return new(new PostgresLog(database.Catalogue), database);
    }
}
