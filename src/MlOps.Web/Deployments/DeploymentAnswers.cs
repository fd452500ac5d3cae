using System.Text.Json;
using MlOps.Models;
using MlOps.Requests;

namespace MlOps.Deployments;

/// <summary>Deployments as the API writes them: flat, with a <c>deployment</c> key in the detail alone.</summary>
internal static class DeploymentAnswers
{
    public static void Created(Utf8JsonWriter json, LifecycleOutcome outcome) => Members(json, outcome.Deployment, outcome.EffectiveTrafficPercent);

    public static void Changed(Utf8JsonWriter json, LifecycleOutcome outcome)
    {
        json.WriteBoolean("ok", true);
        Members(json, outcome.Deployment, outcome.EffectiveTrafficPercent);
    }

    public static void Members(Utf8JsonWriter json, Deployment deployment, int effectiveTrafficPercent)
    {
        var (spec, status) = (deployment.Spec, deployment.Status);
        json.WriteString("id", deployment.Id.Value);
        json.WriteString("deployment_id", deployment.Id.Value);
        json.WriteString("project_id", deployment.Project.Value);
        json.WriteString("model_id", spec.Model.Value);
        json.WriteString("name", spec.Name);
        json.WriteString("stage", Word(deployment.Stage));
        json.WriteBoolean("is_active", status == DeploymentStatus.Active);
        json.WriteString("status", Word(status));
        json.WriteString("error", deployment.Failure);
        json.WriteNumber("traffic_percent", spec.TrafficPercent);
        json.WriteBoolean("canary", spec.Canary);
        json.WriteNumber("effective_traffic_percent", effectiveTrafficPercent);
        json.WriteStartObject("config");
        Config(json, spec);
        json.WriteEndObject();
        json.WriteTime("created_at", deployment.CreatedAt);
        json.WriteTime("updated_at", deployment.UpdatedAt);
    }

    public static void Detail(Utf8JsonWriter json, Deployment deployment, int effectiveTrafficPercent)
    {
        json.WriteStartObject("deployment");
        Members(json, deployment, effectiveTrafficPercent);
        json.WriteEndObject();
        json.WriteStartObject("model");
        json.WriteString("id", deployment.Spec.Model.Value);
        json.WriteString("name", deployment.ModelName);
        json.WriteString("algo", deployment.ModelAlgo);
        json.WriteEndObject();
    }

    public static void Schema(Utf8JsonWriter json, Deployment deployment, RegisteredModel model)
    {
        json.WriteString("deployment_id", deployment.Id.Value);
        json.WriteString("model_id", model.Id.Value);
        json.WriteString("task", Word(model.Signature.Output.Task));
        SignatureAnswers.Features(json, model.Signature);
        json.WriteTexts("classes", model.Signature.Output.Classes);
        json.WriteRaw("example_request", model.ExampleRequest);
    }

    private static void Config(Utf8JsonWriter json, DeploymentSpec spec)
    {
        var privacy = spec.Privacy;
        json.WriteString("name", spec.Name);
        json.WriteNumber("traffic_percent", spec.TrafficPercent);
        json.WriteBoolean("canary", spec.Canary);
        json.WriteString("privacy_policy_id", privacy.PolicyId);
        json.WriteOptional("privacy_anonymize_logs", privacy.AnonymizeLogs);
        json.WriteOptional("privacy_anonymize_response", privacy.AnonymizeResponse);
        json.WriteRaw("privacy_column_map", privacy.ColumnMap);
        json.WriteOptional("privacy_threshold", privacy.Threshold);
        if (spec.Config is null)
        {
            return;
        }

        using var others = JsonDocument.Parse(spec.Config);
        foreach (var other in others.RootElement.EnumerateObject())
        {
            other.WriteTo(json);
        }
    }

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
