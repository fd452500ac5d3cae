using MlOps.OpenApi;

namespace MlOps.Projects;

/// <summary>Projects as the document describes them.</summary>
internal static class ProjectOperations
{
    public const int LongestName = 200;
    public const int LongestDescription = 2000;

    public static readonly string[] SortFields = ["created_at", "name", "model_count"];

    private static readonly Schema Project = Schema.Object(
        new("id", Schema.Id),
        new("name", Schema.Text()),
        new("description", Schema.Text().OrNull()),
        new("status", Schema.Choice("active")),
        new("model_count", Schema.Count),
        new("deployment_count", Schema.Count),
        new("created_at", Schema.Time)).Named("Project");

    private static readonly Schema Event = Schema.Object(
        new("id", Schema.Id),
        new("created_at", Schema.Time),
        new("created_us", Schema.Count.Described("Microseconds since 1970.")),
        new("actor", Schema.Text().Described("The name of the key that asked.")),
        new("action", Schema.Text()),
        new("deployment_id", Schema.Id.OrNull()),
        new("model_id", Schema.Id.OrNull()),
        new("from", Schema.Text().OrNull()),
        new("to", Schema.Text().OrNull())).Named("TimelineEvent");

    private static readonly Schema Body = Schema.Closed(
        new("name", Schema.NameText(LongestName)),
        Field.Optional("description", Schema.Text(LongestDescription).OrNull()));

    private static readonly Schema Single = Schema.Object(new Field("project", Project));

    public static Operation Create { get; } = new(
        "create_project", "Create a project", Schema.Object(new("id", Schema.Id), new("project_id", Schema.Id), new("project", Project)))
    {
        Status = 201,
        Body = Body,
        Headers = [Parameter.IdempotencyKey],
    };

    public static Operation List { get; } = new("list_projects", "List projects, newest first unless sorted", Pages.Of(Project))
    {
        Query =
        [
            .. Parameter.Page(500),
            new("search", "Part of name or description, case aside.", Schema.Text(200)),
            new("sort_field", "What to sort by.", Schema.Choice(SortFields).With("default", "created_at")),
            new("sort_direction", "Which way.", Schema.Choice("asc", "desc").With("default", "desc")),
        ],
    };

    public static Operation Get { get; } = new("get_project", "One project", Single);

    public static Operation Update { get; } = new("update_project", "Rename or describe a project", Single)
    {
        Description = "An absent description stays, null removes it.",
        Body = Body,
    };

    public static Operation Delete { get; } = new("delete_project", "Delete a project with its models and deployments", Pages.Ok)
    {
        Description = "Refused while a deployment is in production.",
        Errors = [ErrorCode.ProjectInUse],
    };

    public static Operation Timeline { get; } = new("project_timeline", "Every lifecycle change of a project, newest first", Pages.Of(Event, "events"))
    {
        Query = Parameter.Page(500),
    };
}
