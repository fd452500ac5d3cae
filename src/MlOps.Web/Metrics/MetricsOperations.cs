using MlOps.OpenApi;

namespace MlOps.Metrics;

/// <summary>Metrics as the document describes them.</summary>
internal static class MetricsOperations
{
    private static readonly Schema Latency = Schema.OneOf(
        Schema.Object(new("p50", Schema.Number), new("p95", Schema.Number), new("p99", Schema.Number)).Named("Latency"), Schema.Null)
        .Described("Milliseconds of the requests answered 200; null without any.");

    private static readonly Schema Accuracy = Schema.OneOf(
        Schema.Object(
            new("labelled", Schema.Count.Described("Rows whose actual is known.")),
            new("accuracy", Schema.Number.OrNull().Described("Of a classifier.")),
            new("mae", Schema.Number.OrNull().Described("Mean absolute error, of a regression.")),
            new("r2", Schema.Number.OrNull().Described("Of a regression; null where all actuals are equal."))).Named("Accuracy"),
        Schema.Null).Described("Of the rows answered in the window, whenever their feedback came; null without any.");

    private static readonly Schema ErrorRate = Schema.Number.OrNull().Described("Percent of requests answered 422, 424, 429 or 5xx; null without requests.");

    private static readonly Field[] Totals =
    [
        new("requests", Schema.Count),
        new("rows", Schema.Count.Described("Rows answered 200.")),
        new("error_rate", ErrorRate),
    ];

    private static readonly Schema Report = Schema.Object(
    [
        new("deployment_id", Schema.Id),
        new("window", Schema.Object(new("since", Schema.Time), new("until", Schema.Time))),
        .. Totals,
        new("by_status", Schema.Map(Schema.Count).Described("Requests by the status of their answer.")),
        new("latency_ms", Latency),
        new("series", Schema.Array(Schema.Object(
            [new("minute", Schema.Time), .. Totals, new("latency_ms", Latency), new("accuracy", Accuracy)])).Described("Every minute of the window, rising.")),
        new("predictions", Schema.Array(Schema.Object(new("label", Schema.Text()), new("count", Schema.Count), new("share", Schema.Share(0, 1)))).Described(
            "Classes, or intervals of a regression's numbers.")),
        new("accuracy", Accuracy),
    ]).Named("Metrics");

    public static Operation Get { get; } = new("metrics", "Requests, errors, latency, predictions and accuracy of a deployment", Report)
    {
        Description = "Over whole minutes of UTC including the current one.",
        Query = [new("window_minutes", "How many minutes.", Schema.Integer(1, MetricsEndpoints.MostMinutes).With("default", MetricsEndpoints.DefaultMinutes))],
        Errors = [ErrorCode.ModelDeleted],
    };
}
