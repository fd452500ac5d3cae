using System.Text.Json;
using MlOps.Deployments;
using MlOps.Projects;
using MlOps.Requests;

namespace MlOps.Metrics;

/// <summary>Reads the actuals of a feedback request. What is wrong with an item is told of that item; the others are taken.</summary>
internal static class FeedbackBody
{
    public const int MostItems = 10_000;
    public const int LongestExternalId = 200;

    private const int LongestActual = 1_000;

    /// <param name="reader">Of the deployment's model; null when rows of several models may be meant, or it is deleted: then the join decides.</param>
    /// <exception cref="MlOpsException">The body as a whole is none.</exception>
    public static (List<Feedback> Items, List<FeedbackFault> Invalid) Read(
        JsonBody body, ProjectId project, DeploymentId? deployment, TargetReader? reader, DateTimeOffset now)
    {
        var array = body.Fields.Array("items", required: true);
        if (array is { } sent && sent.GetArrayLength() is 0 or > MostItems)
        {
            body.Fields.Fault("items", $"'items' must have 1 to {MostItems} entries.");
        }

        body.Check();
        var items = new List<Feedback>();
        var invalid = new List<FeedbackFault>();
        var index = 0;
        foreach (var element in array!.Value.EnumerateArray())
        {
            var faults = new FaultList();
            if (Item(element, faults, reader) is { } item && faults.Count == 0)
            {
                items.Add(new Feedback(0, project, deployment, item.Row, item.ExternalId, item.Actual, item.ObservedAt ?? now, now));
            }
            else
            {
                invalid.Add(new FeedbackFault(index, faults.First()));
            }

            index++;
        }

        return (items, invalid);
    }

    private static (Guid? Row, string? ExternalId, Models.Scalar Actual, DateTimeOffset? ObservedAt)? Item(JsonElement element, FaultList faults, TargetReader? reader)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            faults.Add("", "An item is an object: {\"inference_id\": …, \"actual\": …}.");
            return null;
        }

        var fields = new FieldReader(element, "", faults);
        var row = fields.Text("inference_id", 36);
        var external = fields.Text("external_id", LongestExternalId);
        var observed = fields.Time("observed_at");
        var actual = fields.Value("actual", required: true) is { } value ? Actual(fields, value, reader) : null;
        fields.RefuseUnknown();
        if ((row is null) == (external is null))
        {
            faults.Add("", "Name the row by one of 'inference_id' and 'external_id'.");
        }

        var id = Guid.Empty;
        if (row is not null && !Guid.TryParseExact(row, "D", out id))
        {
            faults.Add("/inference_id", "'inference_id' must be the id of a prediction, a UUID.");
        }

        if (external is "")
        {
            faults.Add("/external_id", $"'external_id' must have 1 to {LongestExternalId} characters.");
        }

        return actual is { } target ? (row is null ? null : id, external, target, observed) : null;
    }

    private static Models.Scalar? Actual(FieldReader fields, JsonElement value, TargetReader? reader)
    {
        if (Models.Scalar.From(value) is not { IsNull: false } actual || actual.ToString().Length > LongestActual)
        {
            fields.Fault("actual", "'actual' must be what the row turned out to be: a class, a number, true or false.");
            return null;
        }

        if (reader is not null && reader.Read(actual, out var fault) is null)
        {
            fields.Fault("actual", fault!);
            return null;
        }

        return actual;
    }
}

/// <summary>An item that is not taken.</summary>
/// <param name="Index">Its place among the items sent, from 0.</param>
internal readonly record struct FeedbackFault(int Index, Fault Fault);
