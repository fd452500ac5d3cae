using System.Runtime.InteropServices;
using System.Text.Json;
using MlOps.Models;
using MlOps.Requests;

namespace MlOps.Deployments;

/// <summary>Reads what a deployment is asked to be.</summary>
internal static class DeploymentBody
{
    public const int LongestName = 200;
    public const int LargestConfig = 16 * 1024;

    private const int DefaultTrafficPercent = 100;

    public static (DeploymentSpec Spec, Stage Stage) ReadCreate(JsonBody body)
    {
        var fields = body.Fields;
        var model = fields.Id<ModelId>("model_id", required: true);
        var stage = fields.Choice("stage", ["staging", "production"]);
        var (config, given) = Config(body);
        var name = config.Both("name", from => from.Name("name", LongestName, required: from == fields && !config.Has("name")));
        var traffic = config.Both("traffic_percent", from => from.Integer("traffic_percent", 1, 100));
        var canary = config.Both("canary", from => from.Flag("canary"));
        var privacy = new PrivacySettings(
            config.Both("privacy_policy_id", Policy),
            config.Both("privacy_anonymize_logs", from => from.Flag("privacy_anonymize_logs")),
            config.Both("privacy_anonymize_response", AnonymizeResponse),
            config.Both("privacy_column_map", ColumnMap),
            config.Both("privacy_threshold", Threshold));
        body.Check();
        var spec = new DeploymentSpec(model!.Value, name!, traffic ?? DefaultTrafficPercent, canary ?? false, privacy, given is null ? null : config.Others());
        return (spec, stage == "production" ? Stage.Production : Stage.Staging);
    }

    public static DeploymentPatch ReadPatch(JsonBody body)
    {
        var fields = body.Fields;
        var patch = new DeploymentPatch(
            new(fields.Has("name"), fields.Name("name", LongestName, required: fields.Has("name"))),
            new(fields.Has("traffic_percent"), fields.Integer("traffic_percent", 1, 100)),
            new(fields.Has("canary"), fields.Flag("canary")),
            new(fields.Has("privacy_policy_id"), Policy(fields)),
            new(fields.Has("privacy_anonymize_logs"), fields.Flag("privacy_anonymize_logs")),
            new(fields.Has("privacy_anonymize_response"), AnonymizeResponse(fields)),
            new(fields.Has("privacy_column_map"), ColumnMap(fields)),
            new(fields.Has("privacy_threshold"), Threshold(fields)));
        if (fields.IsEmpty)
        {
            body.Faults.Add("", "There is nothing to change: send at least one of name, traffic_percent, canary and the privacy fields.");
        }

        body.Check();
        return patch;
    }

    private static (ConfigFields Fields, JsonElement? Given) Config(JsonBody body)
    {
        var given = body.Fields.Object("config");
        if (given is { } sent && JsonMarshal.GetRawUtf8Value(sent).Length > LargestConfig)
        {
            body.Fields.Fault("config", $"'config' must have at most {LargestConfig} bytes.");
        }

        return (new ConfigFields(body.Fields, given, body.Faults), given);
    }

    private static bool? AnonymizeResponse(FieldReader from)
    {
        var flag = from.Flag("privacy_anonymize_response");
        if (flag == true)
        {
            from.Fault("privacy_anonymize_response", "Answers cannot be anonymized in this version: leave 'privacy_anonymize_response' out, or send false.");
        }

        return flag;
    }

    private static string? Policy(FieldReader from)
    {
        if (from.Value("privacy_policy_id") is not null)
        {
            from.Fault("privacy_policy_id", "There is no such privacy policy.");
        }

        return null;
    }

    private static double? Threshold(FieldReader from) => from.Number("privacy_threshold", 0, 1);

    private static string? ColumnMap(FieldReader from)
    {
        if (from.Object("privacy_column_map") is not { } map)
        {
            return null;
        }

        if (map.EnumerateObject().Any(column => JsonText.Of(column.Value) is null or ""))
        {
            from.Fault("privacy_column_map", "'privacy_column_map' must map names of features to names of PII types, texts that are not empty.");
        }

        return map.GetRawText();
    }
}
