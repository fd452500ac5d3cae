using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using MlOps.Models.Graphs;
using MlOps.Models.Runs;

namespace MlOps.Models.Checks;

/// <summary>Opens an upload for being understood: reads it, checks what can be checked without loading, lays its weights, loads it. For the child process.</summary>
internal static class ModelOpening
{
    /// <param name="folder">An empty folder of ours, for the weights under their locations.</param>
    /// <param name="renamed">Part's file name → location, where the two differ.</param>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.InvalidModel"/>.</exception>
    public static OnnxModelFile Open(ModelUpload upload, string folder, out ImmutableDictionary<string, string> renamed)
    {
        var model = OnnxFile.Read(upload.Graph);
        var graph = GraphReader.Read(model);
        StaticChecks.Check(model, graph, Constants(upload.Metadata));
        var weights = ExternalData.Pair(model, upload.ExternalData, out renamed);
        foreach (var (location, path) in weights)
        {
            Lay(path, Path.Combine(folder, location));
        }

        var size = new FileInfo(upload.Graph).Length + weights.Values.Sum(path => new FileInfo(path).Length);
        var bytes = ZipMapCut.Bytes(model) ?? (weights.IsEmpty ? null : File.ReadAllBytes(upload.Graph));
        try
        {
            return new OnnxModelFile(OnnxEnvironment.Open(upload.Graph, bytes, folder, size), graph);
        }
        catch (OnnxRuntimeException failure)
        {
            throw LoadFailure.Explain(model, failure);
        }
    }

    // What is wrong with the metadata is for registration to say.
    private static HashSet<string> Constants(string? metadata)
    {
        try
        {
            using var document = JsonDocument.Parse(metadata ?? "{}");
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("constants", out var constants)
                && constants.ValueKind == JsonValueKind.Object
                ? constants.EnumerateObject().Select(constant => constant.Name).ToHashSet(StringComparer.Ordinal)
                : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    // A link costs nothing; file systems without one, or another file system, get a copy.
    private static void Lay(string path, string place)
    {
        if (OperatingSystem.IsWindows() || Libc.Link(path, place) != 0)
        {
            File.Copy(path, place);
        }
    }
}
