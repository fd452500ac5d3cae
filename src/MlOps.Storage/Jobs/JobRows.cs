using System.Data.Common;
using MlOps.Deployments;
using MlOps.Models;
using MlOps.Sql;

namespace MlOps.Jobs;

/// <summary>Jobs as rows.</summary>
internal static class JobRows
{
    public static readonly Statement Columns = $"id, type, project_id, model_id, deployment_id, request, status, progress, starts, created_us, started_us, finished_us, error, result";

    /// <summary>The job reads rows for a model's baseline.</summary>
    public static readonly Statement IsBaseline = $"type in ({Job.Baseline}, {Job.AddedBaseline})";

    public static Job Read(DbDataReader row) => new(
        new(row.Id("id")),
        row.Text("type"),
        new(row.Id("project_id")),
        row.IdOrNull("model_id") is { } model ? new ModelId(model) : null,
        Status(row.Text("status")),
        row.RealOrNull("progress") ?? 0,
        (int)row.Number("starts"),
        row.Time("created_us"),
        row.TimeOrNull("started_us"),
        row.TimeOrNull("finished_us"),
        row.TextOrNull("error"),
        row.TextOrNull("result"))
    {
        Deployment = row.IdOrNull("deployment_id") is { } deployment ? new DeploymentId(deployment) : null,
        Request = row.TextOrNull("request"),
    };

    /// <summary>Within the transaction of what the job belongs to.</summary>
    public static Task Insert(SqlSession session, Job job) =>
        session.Execute(
            $"""
            insert into jobs ({Columns})
            values ({job.Id.Value}, {job.Type}, {job.Project}, {job.Model?.Value}, {job.Deployment?.Value}, {job.Request}, {Text(job.Status)}, {job.Progress}, {job.Starts}, {job.CreatedAt},
                {job.StartedAt}, {job.FinishedAt}, {job.Error}, {job.Result})
            """);

    /// <summary>Within the transaction that takes the job's result: false when the job is not its holder's any more.</summary>
    public static async Task<bool> Complete(SqlSession session, JobCompletion done) =>
        await session.Execute(
            $"""
            update jobs set status = 'succeeded', progress = 1, owner = null, finished_us = {done.FinishedAt}, result = {done.Result}
            where id = {done.Job.Value} and owner = {done.Owner} and status = 'running'
            """) == 1;

    public static string Text(JobStatus status) => status.ToString().ToLowerInvariant();

    private static JobStatus Status(string text) => text switch
    {
        "queued" => JobStatus.Queued,
        "running" => JobStatus.Running,
        "succeeded" => JobStatus.Succeeded,
        "failed" => JobStatus.Failed,
        _ => throw new InvalidDataException($"'{text}' is not a job's status."),
    };
}
