using System.Runtime.CompilerServices;
using System.Text.Json;
using MlOps.Models;

namespace MlOps.Tests.Drift;

/// <summary>Files of tests/Fixtures/drift: what independent programs count and compute.</summary>
internal static class DriftFixture
{
    public static JsonElement Read(string name, [CallerFilePath] string here = "")
    {
        var path = Path.Combine("Fixtures", "drift", name);
        var file = new[] { AppContext.BaseDirectory, Path.GetDirectoryName(here)! }
            .SelectMany(Ancestors)
            .SelectMany(one => new[] { Path.Combine(one, path), Path.Combine(one, "tests", path) })
            .First(File.Exists);
        using var document = JsonDocument.Parse(File.ReadAllBytes(file));
        return document.RootElement.Clone();
    }

    /// <summary>Values of a column of bin_counts.json, with how often each occurs.</summary>
    public static IEnumerable<(Scalar Value, int Count)> Values(JsonElement column, string name) =>
        column.GetProperty(name).EnumerateArray().Select(pair => (Scalar.From(pair[0])!.Value, pair[1].GetInt32()));

    private static IEnumerable<string> Ancestors(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            yield return at.FullName;
        }
    }
}
