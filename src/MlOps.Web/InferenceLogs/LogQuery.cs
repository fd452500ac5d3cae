using Microsoft.AspNetCore.Http;
using MlOps.Requests;

namespace MlOps.InferenceLogs;

/// <summary>Which items of a log are asked for.</summary>
/// <param name="Prediction">A class, or a number in text: which of them the deployment's rows tell.</param>
/// <param name="After">From where a tail goes on; null for a page.</param>
internal sealed record LogQuery(
    PageRequest Page, DateTimeOffset? Since, DateTimeOffset? Until, int? StatusCode, string? Prediction, string? ExternalId, LogCursor? After)
{
    public const int MostItems = 500;
    public const int LongestPrediction = 1_000;
    public const int LongestExternalId = 200;
    public const int LeastStatus = 100;
    public const int MostStatus = 599;

    /// <exception cref="MlOpsException"><see cref="ErrorCode.ValidationFailed"/> with every fault.</exception>
    public static LogQuery Read(IQueryCollection parameters)
    {
        var query = new QueryReader(parameters);
        var page = query.Page(MostItems);
        var (since, until) = (query.Time("since"), query.Time("until"));
        var status = query.Integer("status_code", LeastStatus, MostStatus);
        var (prediction, external) = (query.Text("prediction", LongestPrediction), query.Text("external_id", LongestExternalId));
        var after = Cursor(query, query.Choice("order", "desc", "asc") == "asc", page.Offset);
        query.Check();
        return new LogQuery(page, since, until, status, prediction, external, after);
    }

    public LogRange Range(DateTimeOffset horizon) => LogRange.Of(Since, Until, horizon);

    // Rising order is the order of commits: by time a row could appear behind one that has been read.
    private static LogCursor? Cursor(QueryReader query, bool rising, long offset)
    {
        var text = query.Text("after", int.MaxValue);
        if (!rising)
        {
            if (text is not null)
            {
                query.Fault("after", "goes with order=asc");
            }

            return null;
        }

        if (offset > 0)
        {
            query.Fault("offset", "goes with order=desc: with order=asc read on by 'after', which takes the next_cursor of the answer before");
        }

        if (text is null)
        {
            return LogCursor.Start;
        }

        if (CursorText.TryParse(text, out var cursor))
        {
            return cursor;
        }

        query.Fault("after", "must be the next_cursor of an earlier answer, as it was");
        return null;
    }
}
