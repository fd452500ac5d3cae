using MlOps.OpenApi;

namespace MlOps.Models;

/// <summary>Models as the document describes them.</summary>
internal static class ModelOperations
{
    public const int LongestName = 200;

    public static readonly Schema Task = Schema.Choice("classification", "regression", "anomaly");

    private static readonly Schema Scalar = Schema.Any.With("type", new System.Text.Json.Nodes.JsonArray("string", "number", "boolean", "null"));

    public static readonly Schema Feature = Schema.Object(
        new("name", Schema.Text()),
        new("dtype", Schema.Choice("numeric", "categorical", "boolean", "text")),
        new("nullable", Schema.Flag),
        Field.Optional("domain", Schema.Array(Scalar).Described("The known values; for an index their order is the code.")),
        Field.Optional("missing", Scalar.Described("What a null is fed as.")),
        Field.Optional("encoding", Schema.Choice("index")),
        Field.Optional("unseen", Scalar.Described("What a value outside the domain is fed as."))).Named("Feature");

    private static readonly Schema Input = Schema.Object(
        new("name", Schema.Text()),
        new("type", Schema.Choice("float16", "float", "double", "int32", "int64", "bool", "string")),
        new("rank", Schema.Integer(1, 2)),
        new("width", Schema.Count),
        new("features", Schema.Array(Schema.Text()).Described("The feature that each column takes.")),
        Field.Optional("constant", Schema.Object(new("per_row", Schema.Flag), new("shape", Schema.Array(Schema.Count)), new("values", Schema.Array(Scalar)))));

    private static readonly Schema Signature = Schema.Object(
        new("inputs", Schema.Array(Input)),
        new("features", Schema.Array(Feature)),
        new("outputs", Schema.Object(
            new("task", Task),
            new("label", Schema.Text().OrNull()),
            new("scores", Schema.Array(Schema.Text())),
            new("kind", Schema.Choice("none", "probability", "logit", "margin", "value")),
            new("threshold", Schema.Number.OrNull()),
            new("ignored", Schema.Array(Schema.Text())))),
        new("classes", Schema.Array(Schema.Text())),
        new("row_by_row", Schema.Flag.Described("Each row is run alone."))).Named("Signature");

    private static readonly Field[] Members =
    [
        new("name", Schema.Text()),
        new("algo", Schema.Text()),
        new("project_id", Schema.Id),
        new("metrics", Schema.Object()),
        new("task", Task),
        new("digest", Schema.Text().Described("SHA-256 of what is served: the model file with its external data.")),
        new("size_bytes", Schema.Count),
        new("baseline_status", Schema.Choice("none", "processing", "ready", "failed").Described("While it is processing the model is not deployed.")),
        new("baseline_rows", Schema.Count),
        new("baseline_job_id", Schema.Id.OrNull().Described("The job that reads, or last read, rows too large for an answer.")),
        new("baseline_error", Schema.Text().OrNull().Described("Why it failed.")),
        new("created_at", Schema.Time),
    ];

    private static readonly Schema Explained = Schema.Object(
        new("available", Schema.Flag),
        new("reason", Schema.Text().OrNull().Described("Why not.")),
        new("method", Schema.Choice("tree", "linear", "enumerated", "sampled").OrNull().Described("All but sampled are exact.")),
        new("space", Schema.Choice("log_odds", "probability", "value", "log").OrNull().Described("What contributions add up to.")),
        new("covers", Schema.Choice("dump", "file", "baseline").OrNull().Described("Where the covers of its trees come from.")),
        new("baseline_rows", Schema.Count.Described("Rows of the baseline that were counted, or that stand for what is not known of a row."))).Named("Explained");

    private static readonly Field[] Understanding =
    [
        new("signature", Signature),
        new("contributions", Explained.OrNull().Described("Null for a model that was registered before this was found out.")),
        new("example_request", Schema.Object().Described("A body for predict that works.")),
        new("preview", Schema.Array(Schema.Object()).OrNull().Described("Baseline rows and their predictions.")),
        Field.Optional("warnings", Schema.Array(Schema.Text())),
    ];

    private static readonly Schema Item = Schema.Object(
        [new("id", Schema.Id), .. Members, new("project_name", Schema.Text()), new("is_production", Schema.Flag), new("is_staging", Schema.Flag)]).Named("ModelItem");

    private static readonly Schema Full = Item.And([new("metadata", Schema.Object()), .. Understanding]).Named("Model");

    private const string Baseline = "CSV with a header, or Parquet: rows as the model saw them in training. Over 64 MiB they are read by a job.";
    private const string Reference = "CSV with a header, or Parquet: rows that it was not trained on. Over 64 MiB they are read by a job.";

    private static readonly Schema File = Schema.Text().With("contentMediaType", "application/octet-stream");

    public static Operation Register { get; } = new(
        "register_model",
        "Register an ONNX model",
        Schema.Object([new("id", Schema.Id), new("model_id", Schema.Id), .. Members, .. Understanding]).Named("RegisteredModel"))
    {
        Description = "The file is checked and tried outside the serving process. The answer says how it was understood: look at signature, preview and warnings.",
        Status = 201,
        BodyType = "multipart/form-data",
        Body = Schema.Closed(
            new("project_id", Schema.Id),
            new("name", Schema.NameText(LongestName)),
            new("algo", Schema.NameText(LongestName).Described("E.g. GBM.")),
            new("file", File.Described("The .onnx file.")),
            Field.Optional("external_data", Schema.Array(File).Described("External data; each file name is a location in the model.")),
            Field.Optional("baseline", File.Described(Baseline)),
            Field.Optional("reference", File.Described(Reference)),
            Field.Optional("covers", File.Described("XGBoost's JSON dump with stats.")),
            Field.Optional("metadata", Schema.Text().With("contentMediaType", "application/json").Described("What the file does not say, a JSON object."))),
        Query = [new("dry_run", "Stores nothing, and answers 200 with null ids.", Schema.Flag.With("default", false))],
        Headers = [Parameter.IdempotencyKey],
        MoreAnswers = [(200, "What registration would answer (dry run).", Schema.Object([new("id", Schema.Null), new("model_id", Schema.Null), .. Members, .. Understanding]).Named("TriedModel"))],
        Errors =
        [
            ErrorCode.InvalidModel, ErrorCode.InvalidMetadata, ErrorCode.InvalidBaseline, ErrorCode.FeaturesAmbiguous, ErrorCode.OutputAmbiguous, ErrorCode.SeveralTargets,
            ErrorCode.ClassesUnknown, ErrorCode.ExamplesNotReproduced,
        ],
        // Before a model is registered, a failing run is a fault of the file, not of a running model.
        Unprocessable = [ErrorCode.OutputNotFinite, ErrorCode.ModelError, ErrorCode.ModelTimeout],
    };

    public static Operation List { get; } = new("list_models", "Registered models, newest first unless sorted", Pages.Of(Item))
    {
        Query =
        [
            .. Parameter.Page(500),
            new("project_id", "Of one project.", Schema.Id),
            new("experiment_id", "Models come from no experiments here: matches nothing.", Schema.Text(200)),
            new("model_type", "The algorithm, case aside.", Schema.Text(200)),
            new("is_production", "Whether a production deployment serves it.", Schema.Flag),
            new("is_staging", "Whether a staging deployment serves it.", Schema.Flag),
            new("search", "Part of name, algorithm or project name, case aside.", Schema.Text(200)),
            new("sort_metric", "A name in metrics.", Schema.Text(100)),
            new("sort_dir", "Which way.", Schema.Choice("asc", "desc").With("default", "desc")),
        ],
    };

    public static Operation Get { get; } = new("get_model", "One model", Full.And(new Field("model", Full)).Named("SingleModel"))
    {
        Description = "Its fields stand at the top level, and again under model.",
    };

    public static Operation PutBaseline { get; } = new("put_model_baseline", "Give a model without a baseline one", Full.And(new Field("model", Full)).Named("SingleModel"))
    {
        Description = "Every feature needs a column. Drift counts from then on; rows over 64 MiB are read by a job, and until it has ended the model is not deployed anew.",
        BodyType = "multipart/form-data",
        Body = Schema.Closed(new("baseline", File.Described(Baseline)), Field.Optional("reference", File.Described(Reference))),
        Errors = [ErrorCode.BaselineExists, ErrorCode.BaselineNotReady, ErrorCode.InvalidBaseline, ErrorCode.InvalidModel],
        Unprocessable = [ErrorCode.OutputNotFinite, ErrorCode.ModelError, ErrorCode.ModelTimeout],
    };

    public static Operation Delete { get; } = new("delete_model", "Delete a model that no deployment uses", Pages.Ok)
    {
        Description = "Archived deployments keep its name, and cannot be restored.",
        Errors = [ErrorCode.ModelInUse],
    };
}
