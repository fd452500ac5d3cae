using System.Collections.Immutable;
using MlOps.Contributions;
using MlOps.Models.Registration;

namespace MlOps.Models;

/// <summary>A check run by a person: how the file would be understood, or why it would be refused.</summary>
internal static class ModelCheckReport
{
    /// <param name="parquet">Opens Parquet files.</param>
    /// <param name="files">The graph, then baseline and metadata in any order, known by their endings.</param>
    /// <returns>0 for a file that can be served, else 1.</returns>
    public static int Write(string[] files, IParquetReader parquet, TextWriter output)
    {
        var graph = Path.GetFullPath(files[0]);
        var baseline = files.Skip(1).FirstOrDefault(file => file.EndsWith(".csv", StringComparison.OrdinalIgnoreCase) || file.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase));
        var metadata = files.Skip(1).FirstOrDefault(file => file.EndsWith(".json", StringComparison.OrdinalIgnoreCase));
        var upload = new ModelUpload(graph, Weights(graph), baseline, null, null, metadata is null ? null : File.ReadAllText(metadata));
        var folder = Directory.CreateTempSubdirectory("mlops-check-");
        try
        {
            var answer = ModelCheckChild.Answer(new CheckRequest(upload, folder.FullName, long.MaxValue, double.MaxValue, null), parquet);
            if (answer.Checked is { } understood)
            {
                Write(understood, output);
                return 0;
            }

            output.WriteLine($"refused: {answer.Refusal?.Detail ?? answer.Fault}");
            foreach (var fault in answer.Refusal?.Faults ?? [])
            {
                output.WriteLine($"  {fault.Pointer}: {fault.Detail}");
            }

            return 1;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // Only what the graph refers to is taken along: a folder may hold the weights of other models.
    private static ImmutableDictionary<string, string> Weights(string graph)
    {
        var needed = ExternalData.Locations(graph);
        return Directory.EnumerateFiles(Path.GetDirectoryName(graph)!)
            .Where(file => needed.Contains(Path.GetFileName(file)))
            .ToImmutableDictionary(file => Path.GetFileName(file), StringComparer.Ordinal);
    }

    private static void Write(CheckedModel model, TextWriter output)
    {
        var signature = model.Signature;
        output.WriteLine("accepted");
        foreach (var input in signature.Inputs)
        {
            var features = input.Features.IsDefaultOrEmpty ? "a constant" : string.Join(", ", input.Features.Select(feature => signature.Features[feature].Name));
            output.WriteLine($"  input {input.Name} ({input.Type}, {input.Width} wide): {features}");
        }

        foreach (var feature in signature.Features)
        {
            var domain = feature.Domain.IsDefaultOrEmpty ? "" : $", one of {feature.Domain.Length}: {string.Join(", ", feature.Domain.Take(10))}";
            output.WriteLine($"  feature {feature.Name}: {feature.Type}{(feature.Nullable ? ", may be null" : "")}{domain}");
        }

        var answers = signature.Output;
        output.WriteLine($"  {answers.Task}: {answers.Kind} from {string.Join(", ", answers.Scores.Prepend(answers.Label ?? "").Where(name => name.Length > 0))}");
        output.WriteLine(answers.Classes.IsDefaultOrEmpty ? "" : $"  classes: {string.Join(", ", answers.Classes)}");
        if (model.Contributions?.Summary is { } explained)
        {
            output.WriteLine(explained.Unavailable is { } reason
                ? $"  no contributions: {reason}"
                : $"  contributions: {ContributionWords.Of(explained.Method)}, in {ContributionWords.Of(explained.Space)}, over {explained.Rows} rows of the baseline");
        }

        output.WriteLine($"  example: {model.ExampleRequest}");
        foreach (var warning in model.Warnings)
        {
            output.WriteLine($"  warning: {warning}");
        }
    }
}
