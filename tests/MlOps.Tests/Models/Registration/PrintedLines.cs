using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Models;
using Xunit;

namespace MlOps.Tests.Models.Registration;

/// <summary>Takes the lines of metadata that a refusal prints, and sends them as they are.</summary>
internal static class PrintedLines
{
    private static readonly string[] Keys = ["features", "inputs", "constants", "outputs", "classes", "target", "task"];

    /// <summary>The lines of a key in the order printed.</summary>
    public static List<JsonNode> Of(MlOpsException refused, string key)
    {
        var mark = $"\"{key}\": ";
        var lines = new List<JsonNode>();
        for (var at = refused.Message.IndexOf(mark, StringComparison.Ordinal); at >= 0; at = refused.Message.IndexOf(mark, at + 1, StringComparison.Ordinal))
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(refused.Message[(at + mark.Length)..]), isFinalBlock: false, default);
            lines.Add(JsonNode.Parse(JsonDocument.ParseValue(ref reader).RootElement.GetRawText())!);
        }

        return lines;
    }

    /// <summary>Registers again with the first line of each of these keys put into the metadata, as a person would; no place may be left to fill in.</summary>
    public static CheckedModel AcceptPasted(this StubModel model, string? metadata, string? baseline, params string[] keys)
    {
        var refused = model.Refuse(metadata, baseline);
        var changed = JsonNode.Parse(metadata ?? "{}")!.AsObject();
        foreach (var key in keys)
        {
            var line = Assert.Contains(key, Keys.ToDictionary(one => one, one => Of(refused, one).FirstOrDefault()));
            Assert.True(line is not null, $"no \"{key}\" in {refused.Message}");
            Assert.DoesNotContain("\"<", line.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }), StringComparison.Ordinal);
            changed[key] = line;
        }

        return model.Accept(changed.ToJsonString(), baseline);
    }
}
