using MlOps.Deployments;
using MlOps.Sql;

namespace MlOps.InferenceLogs;

/// <summary>Takes things away, some at a time, so that nobody waits long for it.</summary>
internal static class LogForgetting
{
    /// <summary>Most rows that one statement deletes.</summary>
    public const int AtOnce = 5_000;

    /// <summary>Deletes some rows of a table. False when there were none.</summary>
    /// <param name="key">Of the table's primary key.</param>
    public static async Task<bool> Some(SqlSession session, Statement table, Statement key, Statement condition) =>
        await session.Execute($"delete from {table} where ({key}) in (select {key} from {table} where {condition} limit {AtOnce})") > 0;

    /// <summary>Deletes counts of hours before one, and when there are no more, of their minutes: no hour is counted whose minutes are gone. False when there were none.</summary>
    public static async Task<bool> Counts(SqlSession session, UtcHour before) =>
        await Some(session, $"inference_hours", $"deployment, series, hour, journal", $"hour < {before.Number}")
        || await Some(session, $"inference_minutes", $"deployment, series, minute, journal", $"minute < {before.Number * 60}");

    /// <summary>Deletes some rows of a deployment with ids below one, the oldest first. False when there were none.</summary>
    public static async Task<bool> Rows(SqlSession session, int deployment, Guid? end)
    {
        var below = end is { } id ? (Statement)$"and id < {id}" : Statement.Empty;
        var last = await session.All(
            $"select id from inference_rows where deployment = {deployment} {below} order by id limit 1 offset {AtOnce - 1}", row => row.LogId("id"));
        var some = last is [var through] ? (Statement)$"and id <= {through}" : below;
        return await session.Execute($"delete from inference_rows where deployment = {deployment} {some}") > 0;
    }

    /// <summary>Deletes something of a deployment: what pages are found by before what they show, and last that the log knew it. False when nothing was left.</summary>
    public static async Task<bool> Step(ILogDatabase database, SqlSession session, DeploymentId deployment)
    {
        // Whoever is about to add rows of it is waited for, and seen by what follows.
        var number = (int?)await session.Number($"select number from inference_deployments where deployment = {deployment} {database.ForUpdate}");
        return (number is { } rows && await Logged(session, $"deployment = {rows}", rows))
            || await Some(session, $"inference_feedback", $"id", $"deployment = {deployment}")
            || await Some(session, $"inference_rejects", $"id", $"deployment = {deployment}")
            || await session.Execute($"delete from inference_deployments where deployment = {deployment}") > 0;
    }

    private static async Task<bool> Logged(SqlSession session, Statement its, int deployment) =>
        await Some(session, $"inference_hours", $"deployment, series, hour, journal", its)
        || await Some(session, $"inference_minutes", $"deployment, series, minute, journal", its)
        || await Rows(session, deployment, null)
        || await Some(session, $"metric_minutes", $"deployment, minute, journal", its)
        || await Some(session, $"drift_hours", $"deployment, hour, journal", its)
        || await Some(session, $"accuracy_minutes", $"deployment, kind, minute", its);
}
