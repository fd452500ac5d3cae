using System.Text;
using System.Text.Json;
using MlOps.Requests;

namespace MlOps.Models;

/// <summary>What is read of the metadata here; the rest is understood where the file is.</summary>
internal static class MetadataText
{
    /// <summary>The owner's metrics, a JSON object; empty when there are none.</summary>
    public static string Metrics(string? metadata, FaultList faults)
    {
        if (metadata is null)
        {
            return "{}";
        }

        try
        {
            var bytes = Encoding.UTF8.GetBytes(metadata);
            using var document = JsonText.Parse(bytes, "The part 'metadata'");
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                faults.Add("/metadata", "'metadata' must be a JSON object.");
                return "{}";
            }

            JsonText.Check(bytes, faults, "/metadata");
            return new FieldReader(document.RootElement, "/metadata", faults).Object("metrics")?.GetRawText() ?? "{}";
        }
        catch (MlOpsException broken)
        {
            faults.Add("/metadata", broken.Message);
            return "{}";
        }
    }
}
