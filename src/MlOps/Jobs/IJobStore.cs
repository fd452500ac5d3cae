using MlOps.Deployments;

namespace MlOps.Jobs;

/// <summary>
/// Durable jobs. They are added by a transaction that finds what they belong to. Whoever runs one holds it by a claim and stamps it; a claim whose stamp is
/// old may be taken by another silo, and then nothing of the earlier holder is taken any more: no job is finished by two.
/// </summary>
public interface IJobStore
{
    Task<Job?> Find(JobId id, CancellationToken cancellation);

    /// <summary>Stores a job of a deployment, and drops those of its type that ended long ago, all but the newest. False when the deployment is gone.</summary>
    /// <param name="idempotency">What a repeat of the call is answered.</param>
    Task<bool> Add(Job job, IdempotencyEntry? idempotency, CancellationToken cancellation);

    /// <summary>The job of this type that a deployment was given last; null without one.</summary>
    Task<Job?> Newest(DeploymentId deployment, string type, CancellationToken cancellation);

    /// <summary>Takes a job's result; false when the job is gone, or another's.</summary>
    Task<bool> Complete(JobCompletion completion, CancellationToken cancellation);

    /// <summary>
    /// Takes the oldest job that waits, or whose holder has not stamped it since <paramref name="stale"/>; null when there is none. It is running then,
    /// with no progress.
    /// </summary>
    /// <param name="owner">Who claims; one process at a time goes by this name.</param>
    Task<Job?> Claim(string owner, DateTimeOffset now, DateTimeOffset stale, CancellationToken cancellation);

    /// <summary>Stamps a claim and tells the progress; false when the job is gone, or another's.</summary>
    Task<bool> Stamp(JobId id, string owner, double progress, DateTimeOffset now, CancellationToken cancellation);

    /// <summary>Puts back what this owner held: its process begins, or ends, and runs none of them.</summary>
    /// <param name="orderly">It ends by its own will: the start that was begun does not count.</param>
    Task Release(string owner, bool orderly, CancellationToken cancellation);

    /// <summary>Gives a job up for a reason, and the rows that a baseline's job was to read with it; false when it is gone, or another's.</summary>
    Task<bool> Fail(JobId id, string owner, string error, DateTimeOffset now, CancellationToken cancellation);
}

/// <summary>The proof, checked in the transaction that takes a job's result, that the job is still its holder's.</summary>
/// <param name="Result">What came of it, a JSON object.</param>
public sealed record JobCompletion(JobId Job, string Owner, string Result, DateTimeOffset FinishedAt);
