using MlOps.OpenApi;

namespace MlOps.Jobs;

/// <summary>Jobs as the document describes them.</summary>
internal static class JobOperations
{
    private static readonly Schema Job = Schema.Object(
        new("id", Schema.Id),
        new("type", Schema.Choice(Jobs.Job.Baseline, Jobs.Job.AddedBaseline, Jobs.Job.Drift)),
        new("project_id", Schema.Id),
        new("model_id", Schema.Id.OrNull()),
        new("deployment_id", Schema.Id.OrNull()),
        new("status", Schema.Choice("queued", "running", "succeeded", "failed")),
        new("progress", Schema.Share(0, 1).Described("Less again when the job had to begin again.")),
        new("created_at", Schema.Time),
        new("started_at", Schema.Time.OrNull()),
        new("finished_at", Schema.Time.OrNull()),
        new("error", Schema.Text().OrNull().Described("Why it failed, and what to change.")),
        new("result", Schema.Object().OrNull())).Named("Job");

    public static Operation Get { get; } = new("get_job", "How far a job is, and what came of it", Schema.Object(new Field("job", Job)).Named("SingleJob"))
    {
        Description = "A job outlives the process that runs it. It is deleted with the model, deployment or project that it belongs to.",
    };
}
