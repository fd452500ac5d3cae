using System.Text.Json;
using MlOps.Requests;

namespace MlOps.Jobs;

/// <summary>Jobs as the API writes them.</summary>
internal static class JobAnswers
{
    public static void Members(Utf8JsonWriter json, Job job)
    {
        json.WriteString("id", job.Id.Value);
        json.WriteString("type", job.Type);
        json.WriteString("project_id", job.Project.Value);
        json.WriteId("model_id", job.Model?.Value);
        json.WriteId("deployment_id", job.Deployment?.Value);
        json.WriteString("status", Word(job.Status));
        json.WriteNumber("progress", Math.Round(job.Progress, 3));
        json.WriteTime("created_at", job.CreatedAt);
        Time(json, "started_at", job.StartedAt);
        Time(json, "finished_at", job.FinishedAt);
        json.WriteString("error", job.Error);
        json.WriteRaw("result", job.Result);
    }

    public static string Word(JobStatus status) => status.ToString().ToLowerInvariant();

    private static void Time(Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } happened)
        {
            json.WriteTime(name, happened);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
