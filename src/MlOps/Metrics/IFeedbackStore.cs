using MlOps.Deployments;
using MlOps.Models;

namespace MlOps.Metrics;

/// <summary>Actuals that wait for their rows, and the windows that they correct.</summary>
public interface IFeedbackStore
{
    /// <summary>Keeps what was sent, in one transaction, durable when this answers. Answers the sequences in the order of the items.</summary>
    Task<IReadOnlyList<long>> Add(IReadOnlyList<Feedback> sent, CancellationToken cancellation);

    /// <summary>
    /// Joins what waits with the rows that are visible: rows, windows and what waited change in one transaction. What is joined under an inference id waits no more;
    /// what came under an external id goes on waiting for further rows.
    /// </summary>
    /// <param name="readers">Understands a model's actuals; null for a model that is deleted. May be asked several times.</param>
    Task<FeedbackJoined> Join(FeedbackChoice choice, Func<ModelId, ValueTask<TargetReader?>> readers, CancellationToken cancellation);

    /// <summary>Deletes some of what has waited since before this time. False when nothing was left.</summary>
    Task<bool> Purge(DateTimeOffset before, CancellationToken cancellation);
}

/// <summary>Which of the waiting actuals to join.</summary>
public abstract record FeedbackChoice
{
    private FeedbackChoice()
    {
    }

    /// <summary>Just stored.</summary>
    public sealed record Sent(IReadOnlyList<long> Sequences) : FeedbackChoice;

    /// <summary>About rows that were just committed; nearly always nothing waits for any, and they are not looked at.</summary>
    public sealed record Committed(IEnumerable<CommittedRow> Rows) : FeedbackChoice;

    /// <summary>Whatever waits, from a sequence on: a pass over everything goes on from <see cref="FeedbackJoined.Next"/>.</summary>
    public sealed record Waiting(long After, int Limit) : FeedbackChoice;
}

/// <summary>A row that actuals may have waited for.</summary>
public readonly record struct CommittedRow(DeploymentId Deployment, Guid Id, string? ExternalId);

/// <summary>What a join did.</summary>
/// <param name="Rows">For each sequence that met rows, how many; sequences that met none are absent.</param>
/// <param name="Updated">Rows whose actual was replaced by another.</param>
/// <param name="Invalid">Sequences whose actual is none of their row's model's.</param>
/// <param name="Next">The last sequence of a <see cref="FeedbackChoice.Waiting"/>; null when it was the last part.</param>
public sealed record FeedbackJoined(IReadOnlyDictionary<long, int> Rows, int Updated, IReadOnlyList<long> Invalid, long? Next);
