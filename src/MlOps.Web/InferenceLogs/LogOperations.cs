using MlOps.OpenApi;
using MlOps.Predictions;

namespace MlOps.InferenceLogs;

/// <summary>The log as the document describes it.</summary>
internal static class LogOperations
{
    private static readonly Schema Item = Schema.Object(
        new("id", Schema.Id.Described("The inference id, as the prediction's answer told it; of a refused request one of its own.")),
        new("deployment_id", Schema.Id),
        new("request_id", Schema.Id.Described("The same for all rows of a request.")),
        new("external_id", Schema.Text().OrNull().Described("The caller's own key.")),
        new("model_id", Schema.Id),
        new("route", Schema.Choice(RouteHeaders.ReasonWords)),
        new("inputs", Schema.Object().OrNull().Described("The row as it was sent; null when it is not kept, and of a refused request.")),
        new("inputs_truncated", Schema.Flag.Described("Fields at the end are left out: 64 KiB of a row are kept.")),
        new("prediction", Schema.OneOf(Schema.Text(), Schema.Number, Schema.Null).Described("Null for a refused request.")),
        Field.Optional("score", Schema.Number.Described("Of an anomaly model.")),
        new("probabilities", Schema.Map(Schema.Number).OrNull()),
        new("actual", Schema.Any.Described("What feedback says that the row turned out to be, as it was sent; null without.")),
        new("latency_ms", Schema.Count),
        new("status_code", Schema.Integer(LogQuery.LeastStatus, LogQuery.MostStatus)),
        new("error", Schema.OneOf(Schema.Object(new("code", Schema.Text()), new("detail", Schema.Text())), Schema.Null).Described("Why the request was refused; null for an answered row.")),
        new("rows", Schema.Count.OrNull().Described("Rows of a refused request, when that was known.")),
        new("privacy", Schema.Object(new Field("withheld", Schema.Only(true).Described("The inputs would have to be anonymized, so they are not kept."))).OrNull()),
        new("created_at", Schema.Time),
        new("created_us", Schema.Count.Described("Microseconds since 1970."))).Named("Inference");

    public static Operation List { get; } = new(
        "inference_logs",
        "What a deployment has answered, row by row",
        Pages.Of(Item).And(Field.Optional("next_cursor", Schema.Text().Described("With order=asc: what goes on after this answer, also when it has no items."))))
    {
        Description = "Newest first; one item per row, one per refused request. A row is there within two seconds of its answer. With order=asc and after the log is followed as it grows: "
            + "each silo's rows in the order in which they were committed, none twice, none left out. The log stays readable when its deployment is deleted.",
        Query =
        [
            .. Parameter.Page(LogQuery.MostItems),
            new("since", "Only what came after this time.", Schema.Time),
            new("until", "Only what came before this time.", Schema.Time),
            new("status_code", "Only what was answered so.", Schema.Integer(LogQuery.LeastStatus, LogQuery.MostStatus)),
            new("prediction", "Only rows predicted so: a class by its name, a regression's number.", Schema.Text(LogQuery.LongestPrediction)),
            new("external_id", "Only rows with this key of the caller.", Schema.Text(LogQuery.LongestExternalId)),
            new("order", "asc follows the log, and takes no offset.", Schema.Choice("desc", "asc").With("default", "desc")),
            new("after", "With order=asc: the next_cursor of the answer before. Without it, from the beginning.", Schema.Text()),
        ],
    };

    public static Operation Get { get; } = new("inference_log", "One item of the log", Schema.Object(new Field("inference", Item)).Named("SingleInference"));
}
