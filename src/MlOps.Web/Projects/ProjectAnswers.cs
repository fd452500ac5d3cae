using System.Text.Json;
using MlOps.Requests;

namespace MlOps.Projects;

/// <summary>Projects as the API writes them.</summary>
internal static class ProjectAnswers
{
    public static void Created(Utf8JsonWriter json, Project project)
    {
        json.WriteString("id", project.Id.Value);
        json.WriteString("project_id", project.Id.Value);
        Single(json, new ProjectListing(project, 0, 0));
    }

    public static void Single(Utf8JsonWriter json, ProjectListing listing)
    {
        json.WriteStartObject("project");
        Members(json, listing);
        json.WriteEndObject();
    }

    public static void Members(Utf8JsonWriter json, ProjectListing listing)
    {
        json.WriteString("id", listing.Project.Id.Value);
        json.WriteString("name", listing.Project.Name);
        json.WriteString("description", listing.Project.Description);
        json.WriteString("status", "active");
        json.WriteNumber("model_count", listing.ModelCount);
        json.WriteNumber("deployment_count", listing.DeploymentCount);
        json.WriteTime("created_at", listing.Project.CreatedAt);
    }

    public static void Event(Utf8JsonWriter json, TimelineEvent change)
    {
        json.WriteString("id", change.Id);
        json.WriteTime("created_at", change.CreatedAt);
        json.WriteNumber("created_us", (change.CreatedAt - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        json.WriteString("actor", change.Actor);
        json.WriteString("action", change.Action);
        json.WriteId("deployment_id", change.Deployment?.Value);
        json.WriteId("model_id", change.Model?.Value);
        json.WriteString("from", change.From);
        json.WriteString("to", change.To);
    }
}
