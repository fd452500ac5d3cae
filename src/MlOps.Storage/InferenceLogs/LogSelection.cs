using MlOps.Sql;

namespace MlOps.InferenceLogs;

/// <summary>How the rows of a filter are found.</summary>
/// <param name="Matches">What is asked of a row beside its deployment and time: nothing, or conditions that begin with <c>and</c>.</param>
/// <param name="Series">The series that counts exactly these rows; null where none does, and they are counted through an index.</param>
internal sealed record LogSelection(Statement Matches, string? Series)
{
    /// <summary>Null when no row can match.</summary>
    public static LogSelection? Of(LoggedDeployment deployment, LogFilter filter)
    {
        // Only what was answered has a prediction.
        var predicted = filter.Label is not null || filter.Value is not null;
        if ((predicted && filter.StatusCode is not (null or 200)) || !LogKeys.IsStorable(filter.Label) || !LogKeys.IsStorable(filter.ExternalId))
        {
            return null;
        }

        var matches = Statement.Empty;
        if (filter.StatusCode is { } status && !predicted)
        {
            matches.AppendFormatted(Status(status));
        }

        if (filter.Label is { } label)
        {
            matches.AppendFormatted((Statement)$" and outcome = {LogKeys.Outcome(label)} and label = {label}");
        }

        if (filter.Value is { } value)
        {
            matches.AppendFormatted((Statement)$" and value = {value}");
        }

        if (filter.ExternalId is { } external)
        {
            matches.AppendFormatted((Statement)$" and external_id = {external}");
        }

        return new(matches, Counted(deployment, filter));
    }

    /// <summary>Rows of a deployment with times in a range.</summary>
    public static Statement In(int deployment, LogRange range)
    {
        Statement rows = $"deployment = {deployment} and id >= {range.First}";
        if (range.End is { } end)
        {
            rows.AppendFormatted((Statement)$" and id < {end}");
        }

        return rows;
    }

    // What was refused is found by its status: there may be little of it.
    private static Statement Status(int status)
    {
        if (status == 200)
        {
            return $" and status = {status}";
        }

        return $" and outcome = {status} and status = {status}";
    }

    private static string? Counted(LoggedDeployment deployment, LogFilter filter) => filter switch
    {
        { ExternalId: not null } or { Value: not null } => null,
        { Label: { } label } => deployment.CountsClasses ? LogSeries.OfClass(label) : null,
        { StatusCode: { } status } => LogSeries.OfStatus(status),
        _ => LogSeries.All,
    };
}
