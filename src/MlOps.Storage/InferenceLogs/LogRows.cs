using System.Data.Common;
using MlOps.Predictions;
using MlOps.Sql;

namespace MlOps.InferenceLogs;

/// <summary>Rows of the log as rows of the database.</summary>
internal static class LogRows
{
    public static readonly Statement Columns = $"""
        id, request, sequence, route, status, latency_us, external_id, label, value, probabilities, bins, inputs, inputs_truncated, withheld,
        refusal_code, refusal_detail, refusal_rows, actual
        """;

    public static LogItem Read(DbDataReader row, LoggedDeployment deployment)
    {
        var id = row.LogId("id");
        return new(
            new()
            {
                Id = id,
                Deployment = deployment.Id,
                Model = deployment.Model,
                Request = row.Null("request") ? id : row.LogId("request"),
                Sequence = row.Number("sequence"),
                Route = Route((int)row.Number("route")),
                StatusCode = (int)row.Number("status"),
                LatencyMicroseconds = row.Number("latency_us"),
                ExternalId = row.TextOrNull("external_id"),
                Label = row.TextOrNull("label"),
                Value = row.RealOrNull("value"),
                Probabilities = Memory(row.BytesOrNull("probabilities")),
                Bins = row.Bytes("bins"),
                Inputs = Memory(row.BytesOrNull("inputs")),
                InputsTruncated = row.Flag("inputs_truncated"),
                Withheld = row.Flag("withheld"),
                Refusal = row.TextOrNull("refusal_code") is { } code
                    ? new(code, row.Text("refusal_detail"), row.Null("refusal_rows") ? null : (int)row.Number("refusal_rows"))
                    : null,
            },
            row.TextOrNull("actual"));
    }

    public static short Number(RouteReason route) => route switch
    {
        RouteReason.Direct => 0,
        RouteReason.Production => 1,
        RouteReason.Canary => 2,
        RouteReason.CanaryUnavailable => 3,
        _ => throw new ArgumentOutOfRangeException(nameof(route), route, "Not a route."),
    };

    /// <summary>What a refusal says to people; it may quote what was sent.</summary>
    public static string? Detail(LogRow row) => Sql.Columns.Shown(row.Refusal?.Detail);

    /// <exception cref="RowsRefusedException">A text that must stay as it is, but that no database keeps so.</exception>
    public static void Check(LogRow row)
    {
        var wrong = !LogKeys.IsStorable(row.ExternalId) ? "external id" : !LogKeys.IsStorable(row.Label) ? "label" : null;
        if (wrong is not null)
        {
            throw new RowsRefusedException($"The {wrong} of row {row.Id} holds U+0000, or half of a surrogate pair.");
        }
    }

    private static RouteReason Route(int number) => number switch
    {
        0 => RouteReason.Direct,
        1 => RouteReason.Production,
        2 => RouteReason.Canary,
        3 => RouteReason.CanaryUnavailable,
        _ => throw new InvalidDataException($"{number} is not a route."),
    };

    // `? null : memory` would be an empty memory, by way of an empty array.
    private static ReadOnlyMemory<byte>? Memory(byte[]? bytes) => bytes is null ? default(ReadOnlyMemory<byte>?) : new ReadOnlyMemory<byte>(bytes);
}
