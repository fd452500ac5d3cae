using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MlOps.Deployments;
using MlOps.Drift;
using MlOps.InferenceLogs;
using MlOps.Models;

namespace MlOps.Jobs;

/// <summary>Counts a deployment's logged rows again from their stored bins. It reads only, so it may begin again as often as it must.</summary>
internal sealed partial class DriftWork(
    IJobStore jobs,
    IDeploymentStore deployments,
    IModelStore models,
    IInferenceReader reader,
    IInferenceStore log,
    IOptions<InferenceLogOptions> options,
    TimeProvider time,
    ILogger<DriftWork> logger)
{
    // Answers are JSON and never HTML: bins are called as they are in live answers.
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private const int RowsAtOnce = 5_000;

    /// <exception cref="MlOpsException">Why there is nothing to count with.</exception>
    /// <exception cref="OperationCanceledException">The job is not ours any more.</exception>
    public async Task Run(Job job, JobClaim claim, CancellationToken cancellation)
    {
        if (job.Deployment is not { } id || await deployments.Find(id, cancellation) is not { } deployment)
        {
            return;
        }

        var model = (await models.Find(deployment.Spec.Model, cancellation))?.Model ?? throw Lifecycle.ModelDeleted(deployment);
        var run = DriftRun.Read(job.Request).From(time.GetUtcNow().AddDays(-options.Value.RetentionDays));
        var recount = new DriftRecount(model.Signature, model.Baseline, await log.FirstAnswers(id, cancellation));
        await Count(job, run.Range, recount, claim, cancellation);
        var now = time.GetUtcNow();
        var result = Json(new DeploymentDrift(id, run.Since, run.Until, now, recount.Report()));
        await jobs.Complete(new JobCompletion(job.Id, claim.Owner, result, now), CancellationToken.None);
    }

    private async Task Count(Job job, LogRange range, DriftRecount recount, JobClaim claim, CancellationToken cancellation)
    {
        var left = 0L;
        Guid? after = null;
        while (await reader.Bins(job.Deployment!.Value, range, after, RowsAtOnce, cancellation) is { Count: > 0 } rows)
        {
            left += rows.Count(row => !recount.Add(row));
            after = rows[^1].Id;
            claim.Tell((new InferenceId(rows[^1].Id).Milliseconds - range.From) / (double)Math.Max(1, range.To - range.From));
        }

        if (left > 0)
        {
            LogLeft(job.Id, left);
        }
    }

    private static string Json(DeploymentDrift drift)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            DriftJson.Write(json, drift);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {Job} leaves out {Rows} rows that were binned by another model: their commits did not count them either")]
    private partial void LogLeft(JobId job, long rows);
}
