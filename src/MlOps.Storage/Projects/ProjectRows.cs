using System.Data.Common;
using MlOps.Sql;

namespace MlOps.Projects;

/// <summary>Projects as rows and lists.</summary>
internal static class ProjectRows
{
    public static readonly Statement Columns = $"id, name, description, epoch, created_us";

    public static readonly Statement ListingColumns =
        $"""
        {Columns},
        (select count(*) from models where project_id = projects.id) as model_count,
        (select count(*) from deployments where project_id = projects.id) as deployment_count
        """;

    public static Project Read(DbDataReader row) => new(
        new(row.Id("id")), row.Text("name"), row.TextOrNull("description"), row.Number("epoch"), row.Time("created_us"));

    public static ProjectListing ReadListing(DbDataReader row) => new(Read(row), (int)row.Number("model_count"), (int)row.Number("deployment_count"));

    /// <summary>The first statement of every write in a project: of two at the same time one waits here for the other. False when there is no such project.</summary>
    public static async Task<bool> TakeEpoch(SqlSession session, ProjectId project) =>
        await session.Execute($"update projects set epoch = epoch + 1 where id = {project}") == 1;

    public static Statement Filter(ProjectQuery query)
    {
        Statement where = $"from projects where 1 = 1";
        if (query.Only is { } only)
        {
            where.AppendFormatted($" and id = {only}");
        }

        if (!string.IsNullOrEmpty(query.Search))
        {
            var part = SearchPattern.Containing(query.Search);
            where.AppendFormatted($@" and (fold(name) like fold({part}) escape '\' or fold(coalesce(description, '')) like fold({part}) escape '\')");
        }

        return where;
    }

    public static Statement Order(ProjectQuery query)
    {
        var direction = Statement.Direction(query.Descending);
        return query.Sort switch
        {
            "created_at" => $"created_us {direction}, id {direction}",
            "name" => $"fold(name) {direction}, name {direction}, created_us desc, id desc",
            "model_count" => $"model_count {direction}, created_us desc, id desc",
            _ => throw new ArgumentOutOfRangeException(nameof(query), query.Sort, "Projects are sorted by created_at, name or model_count."),
        };
    }
}
