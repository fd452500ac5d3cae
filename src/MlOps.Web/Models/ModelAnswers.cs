using System.Text.Json;
using MlOps.Contributions;
using MlOps.Requests;

namespace MlOps.Models;

/// <summary>Models as the API writes them.</summary>
internal static class ModelAnswers
{
    public static void Item(Utf8JsonWriter json, ModelListing listing)
    {
        Members(json, listing.Model, stored: true);
        Use(json, listing);
    }

    /// <summary>Its fields at the top level, which clients of the SDK read, and again under <c>model</c>, as every single resource has them.</summary>
    public static void Single(Utf8JsonWriter json, ModelListing listing)
    {
        Fields(json, listing);
        json.WriteStartObject("model");
        Fields(json, listing);
        json.WriteEndObject();
    }

    /// <param name="stored">Not after a dry run: nothing has an id then.</param>
    public static void Registered(Utf8JsonWriter json, RegisteredModel model, bool stored)
    {
        json.WriteId("model_id", stored ? model.Id.Value : null);
        Members(json, model, stored);
        Understanding(json, model);
    }

    private static void Fields(Utf8JsonWriter json, ModelListing listing)
    {
        Item(json, listing);
        json.WriteRaw("metadata", listing.Model.Metadata);
        Understanding(json, listing.Model);
    }

    private static void Members(Utf8JsonWriter json, RegisteredModel model, bool stored)
    {
        json.WriteId("id", stored ? model.Id.Value : null);
        json.WriteString("name", model.Name);
        json.WriteString("algo", model.Algo);
        json.WriteString("project_id", model.Project.Value);
        json.WriteRaw("metrics", model.Metrics);
        json.WriteString("task", model.Signature.Output.Task.ToString().ToLowerInvariant());
        json.WriteString("digest", model.Digest);
        json.WriteNumber("size_bytes", model.Parts.Where(part => part.Kind is PartKind.Graph or PartKind.ExternalData).Sum(part => part.Size));
        json.WriteString("baseline_status", model.BaselineStatus.ToString().ToLowerInvariant());
        json.WriteNumber("baseline_rows", model.Baseline?.Rows ?? 0);
        json.WriteId("baseline_job_id", stored ? model.BaselineJob?.Id.Value : null);
        json.WriteString("baseline_error", model.BaselineStatus == BaselineStatus.Failed ? model.BaselineJob?.Error : null);
        json.WriteTime("created_at", model.CreatedAt);
    }

    private static void Use(Utf8JsonWriter json, ModelListing listing)
    {
        json.WriteString("project_name", listing.ProjectName);
        json.WriteBoolean("is_production", listing.IsProduction);
        json.WriteBoolean("is_staging", listing.IsStaging);
    }

    private static void Contributions(Utf8JsonWriter json, ContributionSummary? summary)
    {
        if (summary is null)
        {
            json.WriteNull("contributions");
            return;
        }

        json.WriteStartObject("contributions");
        json.WriteBoolean("available", summary.Unavailable is null);
        json.WriteString("reason", summary.Unavailable);
        json.WriteString("method", summary.Unavailable is null ? ContributionWords.Of(summary.Method) : null);
        json.WriteString("space", summary.Unavailable is null ? ContributionWords.Of(summary.Space) : null);
        json.WriteString("covers", summary.CoverSource == CoverSource.None ? null : ContributionWords.Of(summary.CoverSource));
        json.WriteNumber("baseline_rows", summary.Rows);
        json.WriteEndObject();
    }

    private static void Understanding(Utf8JsonWriter json, RegisteredModel model)
    {
        SignatureAnswers.Write(json, model.Signature);
        Contributions(json, model.Contributions);
        json.WriteRaw("example_request", model.ExampleRequest);
        json.WriteRaw("preview", model.Preview);
        json.WriteWarnings(model.Warnings);
    }
}
