using System.Data.Common;
using MlOps.Deployments;
using MlOps.Models;
using MlOps.Sql;

namespace MlOps.Projects;

/// <summary>The timeline as rows that are only ever added, and read in the order of their commits.</summary>
internal static class TimelineRows
{
    public static readonly Statement Columns = $"id, created_us, actor, action, deployment_id, model_id, from_value, to_value";

    public static Task Append(SqlSession session, ProjectId project, TimelineEvent change) =>
        session.Execute(
            $"""
            insert into timeline (project_id, {Columns})
            values ({project}, {change.Id}, {change.CreatedAt}, {change.Actor}, {change.Action}, {change.Deployment}, {change.Model},
                {change.From}, {change.To})
            """);

    public static TimelineEvent Read(DbDataReader row) => new(
        row.Id("id"),
        row.Time("created_us"),
        row.Text("actor"),
        row.Text("action"),
        row.IdOrNull("deployment_id") is { } deployment ? new DeploymentId(deployment) : null,
        row.IdOrNull("model_id") is { } model ? new ModelId(model) : null,
        row.TextOrNull("from_value"),
        row.TextOrNull("to_value"));
}
