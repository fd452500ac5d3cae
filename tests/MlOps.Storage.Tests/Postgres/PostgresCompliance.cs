using MlOps.Tests.Access;
using MlOps.Tests.Deployments;
using MlOps.Tests.InferenceLogs;
using MlOps.Tests.Jobs;
using MlOps.Tests.Models;
using MlOps.Tests.Projects;

namespace MlOps.Tests.Postgres;

public sealed class PostgresProjectStoreTests : ProjectStoreCompliance
{
    private protected override StorageUnderTest Open() => PostgresDatabase.Storage();
}

public sealed class PostgresDeploymentStoreTests : DeploymentStoreCompliance
{
    private protected override StorageUnderTest Open() => PostgresDatabase.Storage();
}

public sealed class PostgresModelStoreTests : ModelStoreCompliance
{
    private protected override StorageUnderTest Open() => PostgresDatabase.Storage();
}

public sealed class PostgresJobStoreTests : JobStoreCompliance
{
    private protected override StorageUnderTest Open() => PostgresDatabase.Storage();
}

public sealed class PostgresApiKeyStoreTests : ApiKeyStoreCompliance
{
    private protected override StorageUnderTest Open() => PostgresDatabase.Storage();
}

public sealed class PostgresIdempotencyStoreTests : IdempotencyStoreCompliance
{
    private protected override StorageUnderTest Open() => PostgresDatabase.Storage();
}

public sealed class PostgresLogCommitTests : LogCommitCompliance
{
    private protected override CommittedLog Open() => PostgresDatabase.Log();
}

public sealed class PostgresLogPageTests : LogPageCompliance
{
    private protected override CommittedLog Open() => PostgresDatabase.Log();
}

public sealed class PostgresLogTailTests : LogTailCompliance
{
    private protected override CommittedLog Open() => PostgresDatabase.Log();
}
