using MlOps.Tests.Access;
using MlOps.Tests.Deployments;
using MlOps.Tests.InferenceLogs;
using MlOps.Tests.Jobs;
using MlOps.Tests.Models;
using MlOps.Tests.Projects;

namespace MlOps.Tests.Sqlite;

public sealed class SqliteProjectStoreTests : ProjectStoreCompliance
{
    private protected override StorageUnderTest Open() => SqliteFolder.Storage();
}

public sealed class SqliteDeploymentStoreTests : DeploymentStoreCompliance
{
    private protected override StorageUnderTest Open() => SqliteFolder.Storage();
}

public sealed class SqliteModelStoreTests : ModelStoreCompliance
{
    private protected override StorageUnderTest Open() => SqliteFolder.Storage();
}

public sealed class SqliteJobStoreTests : JobStoreCompliance
{
    private protected override StorageUnderTest Open() => SqliteFolder.Storage();
}

public sealed class SqliteApiKeyStoreTests : ApiKeyStoreCompliance
{
    private protected override StorageUnderTest Open() => SqliteFolder.Storage();
}

public sealed class SqliteIdempotencyStoreTests : IdempotencyStoreCompliance
{
    private protected override StorageUnderTest Open() => SqliteFolder.Storage();
}

public sealed class SqliteLogCommitTests : LogCommitCompliance
{
    private protected override CommittedLog Open() => SqliteFolder.Log();
}

public sealed class SqliteLogPageTests : LogPageCompliance
{
    private protected override CommittedLog Open() => SqliteFolder.Log();
}

public sealed class SqliteLogTailTests : LogTailCompliance
{
    private protected override CommittedLog Open() => SqliteFolder.Log();
}
