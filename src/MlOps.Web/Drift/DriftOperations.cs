using MlOps.OpenApi;

namespace MlOps.Drift;

/// <summary>Drift as the document describes it.</summary>
internal static class DriftOperations
{
    private static readonly Schema Status = Schema.Choice(Words(DriftStatus.Low, DriftStatus.Moderate, DriftStatus.High, DriftStatus.InsufficientData)).Named("DriftStatus");

    private static readonly Field[] Index =
    [
        new("psi", Schema.Number.Described("Population stability index; 0 for an empty window.")),
        new("status", Status),
        new("expected_psi", Schema.Number.OrNull().Described("What chance alone gives on average; null for an empty window.")),
        new("p_value", Schema.Number.OrNull().Described("The probability that chance alone gives more; null for an empty window.")),
        new("min_rows", Schema.Count.OrNull().Described("Rows from which chance hardly looks moderate; null when no number would do.")),
    ];

    private static readonly Field Bins = new("bins", Schema.Array(Schema.Object(
        new("label", Schema.Text()), new("baseline", Schema.Count), new("current", Schema.Count)).Named("DriftBin")));

    private static readonly Schema Feature = Schema.Object(
    [
        .. Index,
        new("missing_rate", Schema.Share(0, 1)),
        new("unseen_rate", Schema.Share(0, 1)),
        Field.Optional("high_cardinality", Schema.Only(true).Described("The baseline has more values than are kept.")),
        Bins,
    ]).Named("FeatureDrift");

    private static readonly Schema Report = Schema.Object(
        new("deployment_id", Schema.Id),
        new("overall_status", Schema.Choice(Words(Enum.GetValues<DriftStatus>())).Described(
            "Of the mean PSI over the features with enough data, at least moderate when any is high.")),
        new("features", Schema.Map(Feature)),
        new("computed_at", Schema.Time),
        new("inference_rows", Schema.Count.Described("Rows of the window that were answered 200.")),
        new("window", Schema.Object(new("since", Schema.Time), new("until", Schema.Time))),
        new("mean_psi", Schema.Number.OrNull()),
        new("max_psi", Schema.Number.OrNull()),
        new("worst_feature", Schema.Text().OrNull()),
        new("counts", Schema.Object(
            [.. Words(DriftStatus.Low, DriftStatus.Moderate, DriftStatus.High, DriftStatus.InsufficientData).Select(word => new Field(word, Schema.Count))]).Described("Features by status.")),
        new("prediction", Schema.Object(
            [new("baseline", Schema.Choice("reference", "training_labels", FirstAnswers.Source).Described("What predictions are compared with.")), .. Index, Bins])),
        new("last_run", Schema.OneOf(
            Schema.Object(
                new("job_id", Schema.Id),
                new("status", Schema.Choice("queued", "running", "succeeded", "failed")),
                new("computed_at", Schema.Time.OrNull())),
            Schema.Null))).Named("DriftReport");

    public static Operation Get { get; } = new("drift", "How far a deployment's rows have moved from its model's baseline", Report)
    {
        Description = "Live, over whole hours of UTC including the current one: the last 24, and as many before them as it takes until every feature has its min_rows, at most 720.",
        Query =
        [
            new("window_hours", "So many hours instead.", Schema.Integer(1, LookBack.MostHours)),
            new("job_id", "The report of this run instead.", Schema.Id),
        ],
        Errors = [ErrorCode.ModelDeleted, ErrorCode.JobUnfinished],
    };

    public static Operation Run { get; } = new("run_drift", "Count drift again from the logged rows", Schema.Object(new("ok", Schema.Only(true)), new("job_id", Schema.Id)))
    {
        Description = "A job: its result is the report, which GET …/drift?job_id= answers, too. Without a window it is the live report's. For whole hours both are equal.",
        Body = Schema.Closed(
            Field.Optional("since", Schema.Time.OrNull().Described("Rows from here on.")),
            Field.Optional("until", Schema.Time.OrNull().Described("Rows until before this."))),
        BodyOptional = true,
        Headers = [Parameter.IdempotencyKey],
        Errors = [ErrorCode.ModelDeleted],
    };

    private static IEnumerable<string> Words(params IEnumerable<DriftStatus> statuses) => statuses.Select(DriftJson.Word);
}
