using System.Collections.Immutable;
using MlOps.Deployments;
using MlOps.Drift;
using MlOps.Metrics;
using MlOps.Models;

namespace MlOps.InferenceLogs;

/// <summary>What one transaction takes from a journal: rows, what they add to every count, and the journal's new position.</summary>
/// <param name="Journal">The journal's own id.</param>
/// <param name="From">The position that the database must have; <see cref="JournalPosition.Start"/> for a journal that it does not know.</param>
/// <param name="To">The position that it has afterwards.</param>
/// <param name="Deployments">All that the commit is about; some may be known already.</param>
/// <param name="Rows">In the order of their <see cref="LogRow.Sequence"/>.</param>
/// <param name="Counts">To add to the counts behind paging. Sums of hours follow from them.</param>
/// <param name="Metrics">To add.</param>
/// <param name="Drift">To add.</param>
/// <param name="Rejects">Rows that the database does not take, kept aside; they are in none of the counts.</param>
public sealed record InferenceCommit(
    Guid Journal,
    JournalPosition From,
    JournalPosition To,
    IReadOnlyCollection<LoggedDeployment> Deployments,
    IReadOnlyList<LogRow> Rows,
    IReadOnlyDictionary<SeriesMinute, SecondCounts> Counts,
    IReadOnlyDictionary<DeploymentMinute, MinuteWindow> Metrics,
    IReadOnlyDictionary<DeploymentHour, WindowCounts> Drift,
    IReadOnlyList<RejectedRow> Rejects)
{
    /// <summary>Deployments whose first answers are to be frozen if they are enough with this commit, and what their models answer.</summary>
    public IReadOnlyDictionary<DeploymentId, OutputSpec> Awaiting { get; init; } = ImmutableDictionary<DeploymentId, OutputSpec>.Empty;
}

/// <summary>One minute of a series (<see cref="LogSeries"/>).</summary>
public readonly record struct SeriesMinute(DeploymentId Deployment, string Series, UtcMinute Minute);

public readonly record struct DeploymentMinute(DeploymentId Deployment, UtcMinute Minute);

public readonly record struct DeploymentHour(DeploymentId Deployment, UtcHour Hour);

/// <summary>A row that the database refused for its data.</summary>
/// <param name="Reason">In the database's words.</param>
public sealed record RejectedRow(Guid Id, DeploymentId Deployment, long Sequence, string Reason);
