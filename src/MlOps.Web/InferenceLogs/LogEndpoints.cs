using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using MlOps.Access;
using MlOps.Deployments;
using MlOps.Requests;

namespace MlOps.InferenceLogs;

/// <summary>The inference log over HTTP: pages, tails, single items. What a deployment has answered stays readable when it is deleted.</summary>
internal sealed class LogEndpoints(IInferenceReader log, IDeploymentStore deployments, TimeProvider time, IOptions<InferenceLogOptions> options) : IEndpoints
{
    private const string What = "inference";
    private const int Answered = StatusCodes.Status200OK;

    // No page is there, so that nothing but the count is read.
    private static readonly PageRequest CountOnly = new(1, QueryReader.MostOffset);

    public void Map(Routes routes)
    {
        routes.Get("/api/mlops/deployments/{id}/inference-logs", Scope.Read, List, LogOperations.List);
        routes.Get("/api/mlops/deployments/{id}/inference-logs/{inference_id}", Scope.Read, Find, LogOperations.Get);
    }

    // Retention deletes by and by; what is older is not shown even while it is still there.
    private DateTimeOffset Horizon => time.GetUtcNow().AddDays(-options.Value.RetentionDays);

    private async Task List(HttpContext context)
    {
        var query = LogQuery.Read(context.Request.Query);
        var logged = await Visible(context);
        var found = logged is null ? null : await Read(logged, query, context.RequestAborted);
        if (query.After is { } after)
        {
            await Answer(context, query, found ?? new(new([], 0, query.Page.Limit, 0), after));
        }
        else
        {
            await context.AnswerPage(found?.Page ?? new([], 0, query.Page.Limit, query.Page.Offset), LogAnswers.Members);
        }
    }

    private static Task Answer(HttpContext context, LogQuery query, FoundItems found) =>
        context.Answer(StatusCodes.Status200OK, json =>
        {
            json.WriteStartArray("items");
            foreach (var item in found.Page.Items)
            {
                json.WriteStartObject();
                LogAnswers.Members(json, item);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteString("next_cursor", CursorText.Of(found.Next!));
            json.WriteNumber("total", found.Page.Total);
            json.WriteNumber("limit", query.Page.Limit);
            json.WriteNumber("offset", 0);
        });

    private async Task Find(HttpContext context)
    {
        QueryReader.RefuseAny(context.Request);
        var id = context.PathId<InferenceId>(What, "inference_id");
        var logged = await Visible(context);
        var kept = LogRange.Of(null, null, Horizon);
        var found = logged is not null && id.Milliseconds >= kept.From ? await log.Find(logged.Id, id.Value, context.RequestAborted) : null;
        await context.Answer(StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject(What);
            LogAnswers.Members(json, found ?? throw CallerExtensions.Missing(What));
            json.WriteEndObject();
        });
    }

    private async Task<FoundItems> Read(LoggedDeployment logged, LogQuery query, CancellationToken cancellation)
    {
        var filter = await Filter(logged, query, cancellation);
        if (query.After is not { } after)
        {
            return new(await log.Page(logged.Id, filter, LogOrder.NewestFirst, query.Page, cancellation), null);
        }

        var tail = await log.Tail(logged.Id, filter, after, query.Page.Limit, cancellation);
        var counted = await log.Page(logged.Id, filter, LogOrder.NewestFirst, CountOnly, cancellation);
        return new(counted with { Items = [.. tail.Items] }, tail.Next);
    }

    private async Task<LogFilter> Filter(LoggedDeployment logged, LogQuery query, CancellationToken cancellation)
    {
        var filter = new LogFilter(query.Range(Horizon), query.StatusCode, ExternalId: query.ExternalId);
        if (query.Prediction is not { } prediction)
        {
            return filter;
        }

        if (logged.CountsClasses || !await AnswersNumbers(logged, cancellation))
        {
            return filter with { Label = prediction };
        }

        return double.TryParse(prediction, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? filter with { Value = number }
            : throw new MlOpsException(
                ErrorCode.ValidationFailed,
                "The query is not valid: 'prediction' must be a number.",
                [new Fault("?prediction", "'prediction' must be a number: the deployment's model is a regression.")]);
    }

    // The log itself knows, and outlives the model.
    private async Task<bool> AnswersNumbers(LoggedDeployment logged, CancellationToken cancellation)
    {
        var newest = await log.Page(logged.Id, new LogFilter(LogRange.All, Answered), LogOrder.NewestFirst, new PageRequest(1, 0), cancellation);
        return newest.Items is [{ Row.Label: null }];
    }

    // Null for a deployment that has answered nothing.
    private async Task<LoggedDeployment?> Visible(HttpContext context)
    {
        var id = context.PathId<DeploymentId>(DeploymentEndpoints.What);
        if (await log.Deployment(id, context.RequestAborted) is { } logged)
        {
            context.Caller().MustSee(logged.Project, DeploymentEndpoints.What);
            return logged;
        }

        await deployments.Visible(context);
        return null;
    }

    private sealed record FoundItems(Page<LogItem> Page, LogCursor? Next);
}
