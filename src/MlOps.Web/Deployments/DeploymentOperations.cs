using MlOps.Models;
using MlOps.OpenApi;

namespace MlOps.Deployments;

/// <summary>Deployments as the document describes them.</summary>
internal static class DeploymentOperations
{
    private static readonly Schema Stages = Schema.Choice("staging", "production", "archived");

    private static readonly Schema ColumnMap = Schema.Map(Schema.Text());

    private static readonly Schema Config = Schema.Object(
        new("name", Schema.Text()),
        new("traffic_percent", Schema.Integer(1, 100)),
        new("canary", Schema.Flag),
        new("privacy_policy_id", Schema.Text().OrNull()),
        new("privacy_anonymize_logs", Schema.Flag.OrNull()),
        new("privacy_anonymize_response", Schema.Flag.OrNull()),
        new("privacy_column_map", ColumnMap.OrNull()),
        new("privacy_threshold", Schema.Number.OrNull()));

    private static readonly Schema Deployment = Schema.Object(
        new("id", Schema.Id),
        new("deployment_id", Schema.Id),
        new("project_id", Schema.Id),
        new("model_id", Schema.Id),
        new("name", Schema.Text()),
        new("stage", Stages),
        new("is_active", Schema.Flag),
        new("status", Schema.Choice("active", "inactive", "failed")),
        new("error", Schema.Text().OrNull().Described("Why the model could not be loaded.")),
        new("traffic_percent", Schema.Integer(1, 100)),
        new("canary", Schema.Flag),
        new("effective_traffic_percent", Schema.Integer(0, 100).Described(
            "The share of the project's address that it gets now: a loaded canary its traffic_percent, production the rest, any other none.")),
        new("config", Config),
        new("created_at", Schema.Time),
        new("updated_at", Schema.Time)).Named("Deployment");

    private static readonly Schema Changed = Deployment.And(
        new("ok", Schema.Only(true)),
        Field.Optional("warnings", Schema.Array(Schema.Text()))).Named("ChangedDeployment");

    // What both create (at the top level, or within config) and PATCH take.
    private static readonly Field[] Settings =
    [
        Field.Optional("traffic_percent", Schema.Integer(1, 100).OrNull().Described("Routes for a canary only; those of a project's canaries add up to at most 99.")),
        Field.Optional("canary", Schema.Flag.OrNull().Described("In staging: whether it takes this share of the project's address. Ends with promote, rollback and deactivate.")),
        Field.Optional("privacy_policy_id", Schema.Null.Described("There are no policies in this version.")),
        Field.Optional("privacy_anonymize_logs", Schema.Flag.OrNull()),
        Field.Optional("privacy_anonymize_response", Schema.Only(false).OrNull().Described("Not part of this version.")),
        Field.Optional("privacy_column_map", Schema.Map(Schema.Text().With("minLength", 1)).OrNull().Described("Feature to PII type.")),
        Field.Optional("privacy_threshold", Schema.Share(0, 1).OrNull()),
    ];

    private static readonly ErrorCode[] Loading = [ErrorCode.ModelError, ErrorCode.ModelTimeout, ErrorCode.OutputNotFinite];

    public static Operation Create { get; } = new(
        "create_deployment", "Deploy a model to staging or production", Deployment.And(Field.Optional("warnings", Schema.Array(Schema.Text()))).Named("CreatedDeployment"))
    {
        Description = "In production it replaces what is there, which is archived. A model that cannot be loaded becomes a failed deployment in staging; in production it is 424, and nothing changes.",
        Status = 201,
        Body = Schema.Closed(
        [
            new("model_id", Schema.Id),
            Field.Optional("name", Schema.NameText(DeploymentBody.LongestName).Described("Required, here or in config.")),
            Field.Optional("stage", Schema.OneOf(Schema.Choice("staging", "production"), Schema.Null).With("default", "staging")),
            Field.Optional("config", Schema.Object([Field.Optional("name", Schema.NameText(DeploymentBody.LongestName).OrNull()), .. Settings]).OrNull().Described(
                "Fields that may also stand beside it (given in both they must be the same), and others that are kept and echoed; at most 16 KiB.")),
            .. Settings,
        ]),
        Headers = [Parameter.IdempotencyKey],
        Errors = [.. Loading, ErrorCode.ModelDeleted, ErrorCode.CanarySharesExceeded],
    };

    public static Operation List { get; } = new("list_deployments", "A project's deployments, newest first", Pages.Of(Deployment)) { Query = Parameter.Page(200) };

    public static Operation Get { get; } = new(
        "get_deployment",
        "A deployment and its model",
        Schema.Object(
            new("deployment", Deployment),
            new("model", Schema.Object(new("id", Schema.Id), new("name", Schema.Text()), new("algo", Schema.Text())))));

    public static Operation Columns { get; } = new(
        "deployment_schema",
        "What a deployment's predict call takes",
        Schema.Object(
            new("deployment_id", Schema.Id),
            new("model_id", Schema.Id),
            new("task", ModelOperations.Task),
            new("features", Schema.Array(ModelOperations.Feature)),
            new("classes", Schema.Array(Schema.Text())),
            new("example_request", Schema.Object().Described("A body for predict that works."))))
    {
        Errors = [ErrorCode.ModelDeleted],
    };

    public static Operation Update { get; } = new("update_deployment", "Change a deployment's settings", Changed)
    {
        Description = "Absent fields stay, null resets. What becomes a canary is loaded and tried first; a model that fails makes it a failed one, without a share.",
        Body = Schema.Closed([Field.Optional("name", Schema.NameText(DeploymentBody.LongestName)), .. Settings]).With("minProperties", 1),
        Errors = [ErrorCode.ModelDeleted, ErrorCode.DeploymentStateConflict, ErrorCode.CanarySharesExceeded],
    };

    public static Operation Delete { get; } = new("delete_deployment", "Delete an archived deployment, or a failed one in staging", Pages.Ok)
    {
        Errors = [ErrorCode.DeploymentStateConflict],
    };

    public static Operation Promote { get; } = new("promote_deployment", "Put a deployment into production; what is there is archived", Changed)
    {
        Description = "When this has answered, no request is answered by the old production.",
        Body = Schema.Closed(new Field("to_stage", Schema.Choice("production"))),
        Headers = [Parameter.IdempotencyKey],
        Errors = [.. Loading, ErrorCode.DeploymentStateConflict, ErrorCode.ModelDeleted],
    };

    public static Operation Rollback { get; } = new("rollback_deployment", "Put an archived deployment, or a model, into production", Changed)
    {
        Description = "Send to_deployment_id or to_model_id, or both when they agree.",
        Body = Schema.Closed(
            Field.Optional("to_deployment_id", Schema.Id.OrNull()),
            Field.Optional("to_model_id", Schema.Id.OrNull())).With("minProperties", 1),
        Headers = [Parameter.IdempotencyKey],
        Errors = [.. Loading, ErrorCode.DeploymentStateConflict, ErrorCode.ModelDeleted],
    };

    public static Operation Deactivate { get; } = new("deactivate_deployment", "Archive a deployment without a successor", Changed)
    {
        Body = Schema.Closed(),
        BodyOptional = true,
        Headers = [Parameter.IdempotencyKey],
    };
}
