using MlOps.OpenApi;

namespace MlOps.Metrics;

/// <summary>Feedback as the document describes it.</summary>
internal static class FeedbackOperations
{
    private static readonly Schema Item = Schema.Object(
        Field.Optional("inference_id", Schema.Id.OrNull().Described("The id of a prediction.")),
        Field.Optional("external_id", Schema.Text(FeedbackBody.LongestExternalId, 1).OrNull().Described("The caller's own key: every row that carries it is meant.")),
        new("actual", Schema.Any.Described("What the row turned out to be: a class of the model, or a regression's number.")),
        Field.Optional("observed_at", Schema.Time.OrNull().Described("When it was seen; without it, now. The latest observation counts.")));

    private static readonly Schema Answer = Schema.Object(
        new("ok", Schema.Only(true)),
        new("accepted", Schema.Count.Described("Items kept.")),
        new("updated", Schema.Count.Described("Rows that had another actual before.")),
        new("unknown", Schema.Array(Schema.Text()).Described("Ids that are not in the log yet: kept 30 days, and joined when their rows come.")),
        new("invalid", Schema.Array(Schema.Object(
            Field.Optional("index", Schema.Count.Described("Place among the items sent.")),
            Field.Optional("pointer", Schema.Text()),
            Field.Optional("id", Schema.Text()),
            new("detail", Schema.Text()))))).Named("FeedbackAnswer");

    public static Operation ToDeployment { get; } = Feedback("deployment_feedback", "Say what a deployment's rows turned out to be");

    public static Operation ToProject { get; } = Feedback("project_feedback", "Say what a project's rows turned out to be, whichever deployment answered");

    private static Operation Feedback(string id, string summary) => new(id, summary, Answer)
    {
        Description = "Items are taken one by one: those that are wrong are listed as invalid, the others are kept. Repeats count once; the latest observation of a row wins.",
        Body = Schema.Closed(new Field("items", Schema.Array(Item, 1, FeedbackBody.MostItems))),
    };
}
