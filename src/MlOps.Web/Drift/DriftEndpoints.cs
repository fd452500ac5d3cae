using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using MlOps.Access;
using MlOps.Deployments;
using MlOps.Jobs;
using MlOps.Requests;

namespace MlOps.Drift;

/// <summary>Drift over HTTP: live from the windows, and counted again from the rows by a job.</summary>
internal sealed class DriftEndpoints(
    IDeploymentStore deployments,
    IJobStore jobs,
    IJobQueue queue,
    IGrainFactory grains,
    IdempotentCalls calls,
    TimeProvider time,
    IOptions<HttpOptions> options) : IEndpoints
{
    private static readonly TimeSpan Before = TimeSpan.FromHours(LookBack.DefaultHours);

    public void Map(Routes routes)
    {
        routes.Get("/api/mlops/deployments/{id}/drift", Scope.Read, Find, DriftOperations.Get);
        routes.Post("/api/mlops/deployments/{id}/drift/run", Scope.Write, Run, DriftOperations.Run);
    }

    private async Task Find(HttpContext context)
    {
        var query = new QueryReader(context.Request.Query);
        var hours = query.Integer("window_hours", 1, LookBack.MostHours);
        var asked = query.Id<JobId>("job_id");
        if (hours is not null && asked is not null)
        {
            query.Fault("window_hours", "does not go with job_id: a run has its own window");
        }

        query.Check();
        var deployment = await deployments.Visible(context);
        if (asked is { } id)
        {
            var job = await Ended(deployment, id, context.RequestAborted);
            await Answer(context, deployment, json => Result(json, job));
            return;
        }

        var drift = await Owner(deployment).Drift(hours, context.RequestAborted);
        await Answer(context, deployment, json => DriftJson.Write(json, drift));
    }

    private async Task Run(HttpContext context)
    {
        var deployment = await deployments.Visible(context);
        using var body = await JsonBody.Read(context, options.Value.MaxJsonBytes, optional: true);
        var (since, until) = (body.Fields.Time("since"), body.Fields.Time("until"));
        if (since >= until)
        {
            body.Fields.Fault("until", "'until' must be after 'since'.");
        }

        body.Check();
        using var call = await calls.Begin(context, body.Bytes, context.RequestAborted);
        var answer = await call.FirstAnswer(context.RequestAborted);
        if (answer is null)
        {
            var job = Job.New(Job.Drift, deployment.Project, null, time.GetUtcNow()) with
            {
                Deployment = deployment.Id,
                Request = (await Window(deployment, since, until, context.RequestAborted)).ToJson(),
            };
            answer = JsonAnswer.Bytes(json => Started(json, job.Id));
            if (!await jobs.Add(job, call.With(answer), context.RequestAborted))
            {
                throw CallerExtensions.Missing(DeploymentEndpoints.What);
            }

            queue.Wake();
        }

        await context.Answer(StatusCodes.Status200OK, answer);
    }

    // What the caller leaves open is as the live report has it.
    private async Task<DriftRun> Window(Deployment deployment, DateTimeOffset? since, DateTimeOffset? until, CancellationToken cancellation)
    {
        if (until is { } end)
        {
            return new(since ?? end - Before, end);
        }

        var live = await Owner(deployment).Drift(null, cancellation);
        if (since >= live.Until)
        {
            throw new MlOpsException(
                ErrorCode.ValidationFailed, "The body is not valid: 'since' is still to come.", [new Fault("/since", "'since' is still to come: no row is after it.")]);
        }

        return new(since ?? live.Since, live.Until);
    }

    private async Task<Job> Ended(Deployment deployment, JobId id, CancellationToken cancellation)
    {
        if (await jobs.Find(id, cancellation) is not { Type: Job.Drift } job || job.Deployment != deployment.Id)
        {
            throw CallerExtensions.Missing("drift run of this deployment");
        }

        return job.Status switch
        {
            JobStatus.Succeeded => job,
            JobStatus.Failed => throw new MlOpsException(ErrorCode.JobUnfinished, $"The drift run {id} failed: {job.Error}"),
            _ => throw new MlOpsException(ErrorCode.JobUnfinished, $"The drift run {id} is still under way. GET /api/jobs/{id} says how far it is; without job_id the answer is the live report."),
        };
    }

    private async Task Answer(HttpContext context, Deployment deployment, Action<Utf8JsonWriter> report)
    {
        var last = await jobs.Newest(deployment.Id, Job.Drift, context.RequestAborted);
        await context.Answer(StatusCodes.Status200OK, json =>
        {
            report(json);
            LastRun(json, last);
        });
    }

    private static void LastRun(Utf8JsonWriter json, Job? last)
    {
        if (last is null)
        {
            json.WriteNull("last_run");
            return;
        }

        json.WriteStartObject("last_run");
        json.WriteString("job_id", last.Id.Value);
        json.WriteString("status", JobAnswers.Word(last.Status));
        if (last is { Status: JobStatus.Succeeded, FinishedAt: { } finished })
        {
            json.WriteTime("computed_at", finished);
        }
        else
        {
            json.WriteNull("computed_at");
        }

        json.WriteEndObject();
    }

    private static void Result(Utf8JsonWriter json, Job job)
    {
        using var result = JsonDocument.Parse(job.Result!);
        foreach (var member in result.RootElement.EnumerateObject())
        {
            member.WriteTo(json);
        }
    }

    private static void Started(Utf8JsonWriter json, JobId id)
    {
        json.WriteBoolean("ok", true);
        json.WriteString("job_id", id.Value);
    }

    private IDeploymentGrain Owner(Deployment deployment) => grains.GetGrain<IDeploymentGrain>(deployment.Id.Value);
}
