using MlOps.Deployments;
using MlOps.Models;
using MlOps.Projects;

namespace MlOps.Jobs;

/// <summary>Where a job is: it waits, runs, and ends in one of two ways for good.</summary>
public enum JobStatus
{
    Queued,
    Running,
    Succeeded,
    Failed,
}

/// <summary>
/// Work that is longer than an answer may take. Everything that it needs is stored with it before it is answered, so that it begins again, on any silo, when
/// the process that ran it is gone.
/// </summary>
/// <param name="Type">What it does: <see cref="Baseline"/>, <see cref="AddedBaseline"/> or <see cref="Drift"/>.</param>
/// <param name="Model">The model that it works on; the job is deleted with it.</param>
/// <param name="Progress">The share that is done, from 0 to 1; less again when it had to begin again.</param>
/// <param name="Starts">How many times it was begun.</param>
/// <param name="Error">Why it failed, for people.</param>
/// <param name="Result">What came of it, a JSON object.</param>
public sealed record Job(
    JobId Id,
    string Type,
    ProjectId Project,
    ModelId? Model,
    JobStatus Status,
    double Progress,
    int Starts,
    DateTimeOffset CreatedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? FinishedAt,
    string? Error,
    string? Result)
{
    /// <summary>The rows of a registration are read: the model is understood from all of them, and its bins are frozen.</summary>
    public const string Baseline = "baseline";

    /// <summary>The bins are frozen of rows that a registered model was given later.</summary>
    public const string AddedBaseline = "added_baseline";

    /// <summary>A deployment's logged rows are counted again.</summary>
    public const string Drift = "drift";

    /// <summary>The deployment that it works on; the job is deleted with it.</summary>
    public DeploymentId? Deployment { get; init; }

    /// <summary>What it was asked for, a JSON object; null where the rest says all.</summary>
    public string? Request { get; init; }

    /// <summary>It is neither done nor given up.</summary>
    public bool IsUnderWay => Status is JobStatus.Queued or JobStatus.Running;

    public static Job New(string type, ProjectId project, ModelId? model, DateTimeOffset now) =>
        new(JobId.New(now), type, project, model, JobStatus.Queued, 0, 0, now, null, null, null, null);
}
