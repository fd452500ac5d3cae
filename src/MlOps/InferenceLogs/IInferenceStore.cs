using MlOps.Deployments;
using MlOps.Drift;
using MlOps.Projects;

namespace MlOps.InferenceLogs;

/// <summary>Where the records of journals become durable rows and counts, each commit as a whole or not at all.</summary>
public interface IInferenceStore
{
    /// <summary>Up to where the database has a journal; null when it does not know it.</summary>
    Task<JournalPosition?> Position(Guid journal, CancellationToken cancellation);

    /// <summary>
    /// Commits rows, counts and position in one transaction whose first statement takes the journal's row and finds its position to be <see cref="InferenceCommit.From"/>.
    /// The first answers of <see cref="InferenceCommit.Awaiting"/> are frozen with it, once for each deployment and for good.
    /// False when it is another one (an earlier attempt has been committed after all): nothing is changed, and the journal is to be read again from <see cref="Position"/>.
    /// </summary>
    /// <exception cref="RowsRefusedException">The database refuses the data, not the moment: nothing is changed, and the same again would be refused again.</exception>
    Task<bool> Commit(InferenceCommit commit, CancellationToken cancellation);

    /// <summary>Tries rows in a transaction that is undone: the database's words for why it refuses them, null when it would take all.</summary>
    Task<string?> Refusal(IReadOnlyList<LogRow> rows, CancellationToken cancellation);

    /// <summary>The deployment's frozen first answers; null while they are not.</summary>
    Task<PredictionBins?> FirstAnswers(DeploymentId deployment, CancellationToken cancellation);

    /// <summary>Deployments that the log knows, of one project or of all.</summary>
    Task<IReadOnlyList<LoggedDeployment>> Deployments(ProjectId? project, CancellationToken cancellation);

    /// <summary>Deletes some of what a deployment has left, feedback included, and in the end that the log knew it. False when nothing was left.</summary>
    Task<bool> Forget(DeploymentId deployment, CancellationToken cancellation);

    /// <summary>Deletes some of what is older than these: rows with their counts, and windows. False when nothing was left.</summary>
    Task<bool> Retain(DateTimeOffset rows, DateTimeOffset windows, CancellationToken cancellation);
}

/// <summary>The database refuses rows for what is in them.</summary>
public sealed class RowsRefusedException(string message, Exception? cause = null) : Exception(message, cause);
