using MlOps.OpenApi;

namespace MlOps.Predictions;

/// <summary>Predict as the document describes it.</summary>
internal static class PredictionOperations
{
    private static readonly Schema Row = Schema.Map(Schema.Any.With("type", new System.Text.Json.Nodes.JsonArray("string", "number", "boolean", "null"))).Described(
        "Feature values by name; null is missing.");

    private static readonly Schema Contributions = Schema.Closed(
        Field.Optional("top_n", Schema.Integer(-1, int.MaxValue).OrNull().Described("So many of the largest, largest first; -1 for all in this order.")),
        Field.Optional("bottom_n", Schema.Integer(-1, int.MaxValue).OrNull().Described("So many of the smallest, smallest first; -1 for all in this order.")),
        Field.Optional("compare_abs", Schema.Flag.OrNull().Described("Large and small are so whatever their sign.")),
        Field.Optional("all_classes", Schema.Flag.OrNull().Described("Adds contributions_by_class.")));

    private static readonly Schema Entries = Schema.Array(Schema.Object(
        new("feature", Schema.Text().Described("A feature's name, or BiasTerm, the last.")),
        new("value", Schema.Number),
        Field.Optional("standard_error", Schema.Number.Described("Of a sampled value."))).Named("Contribution"));

    private static readonly Schema Options = Schema.Closed(
        Field.Optional("include_contributions", Schema.Flag.OrNull().Described("Answers what each feature adds to each row's score. Not for a StackedEnsemble.")),
        Field.Optional("contributions", Contributions.OrNull().Described("How contributions are answered; without it all of them, in the order of the features.")),
        Field.Optional("store_payload", Schema.Flag.OrNull()),
        Field.Optional("privacy_policy_id", Schema.Null.Described("There are no policies in this version.")),
        Field.Optional("anonymize_logs", Schema.Flag.OrNull()),
        Field.Optional("anonymize_response", Schema.Only(false).OrNull().Described("Not part of this version.")),
        Field.Optional("ids", Schema.Array(Schema.Text(200, 1)).OrNull().Described("The caller's own keys, one per row.")));

    private static readonly Schema Prediction = Schema.Object(
        new("prediction", Schema.OneOf(Schema.Text(), Schema.Number).Described("The label as text, or a regression's number.")),
        new("id", Schema.Id.Described("The inference id of the row.")),
        Field.Optional("external_id", Schema.Text()),
        Field.Optional("probability", Schema.Number),
        Field.Optional("probabilities", Schema.Map(Schema.Number)),
        Field.Optional("contribution_class", Schema.Text().Described("The class that the row's contributions speak for.")),
        Field.Optional("score", Schema.Number)).Named("Prediction");

    private static readonly Schema Answer = Schema.Object(
        new("predictions", Schema.Array(Prediction)),
        Field.Optional("contributions", Schema.Array(Entries).Described("For each row what each feature adds to its score, and the BiasTerm that they are added to.")),
        Field.Optional("contributions_by_class", Schema.Array(Schema.Map(Entries)).Described("For each row the same for every class.")),
        Field.Optional("contribution_space", Schema.Choice("log_odds", "probability", "value", "log").Described("What contributions add up to.")),
        Field.Optional("contribution_method", Schema.Choice("tree", "linear", "enumerated", "sampled").Described("How they were found: all but sampled are exact.")),
        new("latency_ms", Schema.Count),
        new("latency_us", Schema.Count),
        new("deployment_id", Schema.Id),
        new("model_id", Schema.Id),
        Field.Optional("warnings", Schema.Array(Schema.Text()))).Named("PredictAnswer");

    private static readonly ErrorCode[] Errors =
    [
        ErrorCode.InvalidInputs, ErrorCode.ContributionsUnavailable, ErrorCode.ContributionsTooLarge, ErrorCode.ModelError, ErrorCode.ModelTimeout, ErrorCode.OutputNotFinite, ErrorCode.Overloaded, ErrorCode.ModelLoading,
        ErrorCode.JournalFull,
    ];

    private const string RefusalHeaders = "A refusal after a deployment was chosen carries the headers of an answer.";

    public static Operation ByDeployment(PredictionOptions limits) => Predict("predict", "Predict by a deployment", limits) with
    {
        Description = RefusalHeaders,
        Errors = [.. Errors, ErrorCode.DeploymentStateConflict],
    };

    public static Operation ByProject(PredictionOptions limits) => Predict("predict_by_project", "Predict by a project's production and its canaries", limits) with
    {
        Description = "Each canary takes its traffic_percent, production the rest. A canary that is not loaded gives its share to production (X-Route-Reason: canary-unavailable). "
            + RefusalHeaders,
        Errors = [.. Errors, ErrorCode.NoProduction],
        Headers =
        [
            new(
                RouteHeaders.Key,
                "Requests with the same key fall to the same share, and so are answered by the same deployment while shares stay as they are. Without a key the share is drawn.",
                Schema.Text(CanarySplit.LongestKey)),
        ],
    };

    private static Operation Predict(string id, string summary, PredictionOptions limits) => new(id, summary, Answer)
    {
        Body = Schema.Closed(
            new("inputs", Schema.OneOf(Row, Schema.Array(Row, 1, limits.MaxRows)).Described("One row, or several; all are answered or none.")),
            Field.Optional("options", Options.OrNull())),
        AnswerHeaders =
        [
            new(RouteHeaders.Deployment, "Who answered.", Schema.Id),
            new(RouteHeaders.Model, "By which model.", Schema.Id),
            new(RouteHeaders.Reason, "Why this one.", Schema.Choice(RouteHeaders.ReasonWords)),
        ],
    };
}
