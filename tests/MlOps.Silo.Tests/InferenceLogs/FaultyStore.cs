using MlOps.Deployments;
using MlOps.Drift;
using MlOps.InferenceLogs;
using MlOps.Projects;

namespace MlOps.Tests.InferenceLogs;

/// <summary>A store whose commits fare as the test wants.</summary>
/// <param name="commit">What is done instead of a commit; it may still do it.</param>
internal sealed class FaultyStore(IInferenceStore store, Func<Func<Task<bool>>, Task<bool>> commit) : IInferenceStore
{
    /// <summary>What a database that is away answers.</summary>
    public static MlOpsException Away => new(ErrorCode.Busy, "The test has taken the database away.");

    public Task<bool> Commit(InferenceCommit part, CancellationToken cancellation) => commit(() => store.Commit(part, cancellation));

    public Task<JournalPosition?> Position(Guid journal, CancellationToken cancellation) => store.Position(journal, cancellation);

    public Task<string?> Refusal(IReadOnlyList<LogRow> rows, CancellationToken cancellation) => store.Refusal(rows, cancellation);

    public Task<PredictionBins?> FirstAnswers(DeploymentId deployment, CancellationToken cancellation) => store.FirstAnswers(deployment, cancellation);

    public Task<IReadOnlyList<LoggedDeployment>> Deployments(ProjectId? project, CancellationToken cancellation) => store.Deployments(project, cancellation);

    public Task<bool> Forget(DeploymentId deployment, CancellationToken cancellation) => store.Forget(deployment, cancellation);

    public Task<bool> Retain(DateTimeOffset rows, DateTimeOffset windows, CancellationToken cancellation) => store.Retain(rows, windows, cancellation);
}
