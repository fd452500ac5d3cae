using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Xunit;

namespace MlOps.Tests;

/// <summary>
/// What leaves the process is held by a checked-in file beside the test. A difference writes what came to <c>*.received.json</c>:
/// look at it, and rename it to approve.
/// </summary>
internal static class Approved
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Same(string name, JsonElement received, [CallerFilePath] string test = "")
    {
        var approved = Path.Combine(Path.GetDirectoryName(test)!, $"{name}.approved.json");
        var text = JsonSerializer.Serialize(received, Indented) + "\n";
        var expected = File.Exists(approved) ? File.ReadAllText(approved) : "";
        if (expected != text)
        {
            var beside = approved.Replace(".approved.", ".received.", StringComparison.Ordinal);
            File.WriteAllText(beside, text);
            Assert.Fail($"{name} is not as approved; compare {Path.GetFileName(beside)} with {Path.GetFileName(approved)}.\n{text}");
        }
    }
}
