using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Models;
using MlOps.Models.Registration;

namespace MlOps.Tests.Registration;

/// <summary>A model folder of tests/Fixtures: the file, what to send with it, and what is expected of it.</summary>
internal sealed class FixtureFolder(string name)
{
    private static readonly string Root = Find();

    private static readonly string[] NoParts = ["model.onnx", "metadata.json", "baseline.csv", "case.json", "expected.json", "xgboost_dump.json"];

    public string Graph => At("model.onnx");

    public string MetadataText => File.ReadAllText(At("metadata.json"));

    public JsonObject Metadata => JsonNode.Parse(MetadataText)!.AsObject();

    public JsonElement Case => JsonDocument.Parse(File.ReadAllText(At("case.json"))).RootElement;

    public JsonElement Expected => JsonDocument.Parse(File.ReadAllText(At("expected.json"))).RootElement;

    public static IEnumerable<string> Tiny() => Directory.EnumerateDirectories(Path.Combine(Root, "tiny")).Select(path => "tiny/" + Path.GetFileName(path)).Order(StringComparer.Ordinal);

    public static IEnumerable<string> Exported() =>
        Directory.EnumerateDirectories(Root).Where(path => File.Exists(Path.Combine(path, "expected.json"))).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    /// <summary>The model as it is understood; throws the refusal.</summary>
    public UnderstoodModel Register(string? metadata, bool baseline = true, string? reference = null, bool covers = false)
    {
        var parts = Directory.EnumerateFiles(At("")).Where(path => !NoParts.Contains(Path.GetFileName(path))).ToImmutableDictionary(path => Path.GetFileName(path));
        var folder = Directory.CreateTempSubdirectory("mlops-rules-").FullName;
        OnnxModelFile? file = null;
        try
        {
            file = OnnxModelFile.Open(Graph, parts, folder, out _);
            var upload = new ModelUpload(Graph, parts, baseline && File.Exists(At("baseline.csv")) ? At("baseline.csv") : null, reference, covers ? At("xgboost_dump.json") : null, metadata);
            return new UnderstoodModel(ModelRegistration.Understand(file, upload, new RowsReading(ParquetExtensions.Reader, long.MaxValue), CancellationToken.None), file, folder);
        }
        catch
        {
            file?.Dispose();
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    /// <summary>The refusal that registering ends with.</summary>
    public MlOpsException Refusal(string? metadata, bool baseline = true)
    {
        try
        {
            using var model = Register(metadata, baseline);
        }
        catch (MlOpsException refused)
        {
            return refused;
        }

        throw new Xunit.Sdk.XunitException($"{name} was accepted with {metadata}");
    }

    public string At(string file) => Path.Combine(Root, name, file);

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "MlOps.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder?.FullName ?? throw new InvalidOperationException("The tests run outside of the repository."), "tests", "Fixtures");
    }
}
