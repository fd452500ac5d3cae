using System.Collections.Immutable;
using System.Text;
using MlOps.Models;
using MlOps.Models.Registration;
using MlOps.Predictions;

namespace MlOps.Tests.Models.Registration;

/// <summary>Registers stub models, and reads what came of it.</summary>
internal static class Registering
{
    /// <summary>Every row, in memory.</summary>
    public static RowsReading All { get; } = new(new NoParquet(), long.MaxValue);

    public static CheckedModel Accept(this StubModel model, string? metadata = null, string? baseline = null, string? reference = null, RowsReading? reading = null)
    {
        using var files = new CsvFiles();
        return ModelRegistration.Understand(
            model, new ModelUpload("", ImmutableDictionary<string, string>.Empty, files.Write(baseline), files.Write(reference), null, metadata), reading ?? All, CancellationToken.None);
    }

    public static MlOpsException Refuse(this StubModel model, string? metadata = null, string? baseline = null, string? reference = null)
    {
        try
        {
            Accept(model, metadata, baseline, reference);
        }
        catch (MlOpsException refused)
        {
            Xunit.Assert.NotEmpty(refused.Message);
            return refused;
        }

        throw new Xunit.Sdk.XunitException($"accepted with {metadata}");
    }

    public static string Warnings(this CheckedModel model) => string.Join('\n', model.Warnings);

    public static string Names(this CheckedModel model) => string.Join(' ', model.Signature.Features.Select(feature => feature.Name));

    public static FeatureSpec Feature(this CheckedModel model, string name) => model.Signature.Features.Single(feature => feature.Name == name);

    /// <summary>For each feature where it goes: <c>a→x[0]</c>.</summary>
    public static string Pairs(this CheckedModel model) =>
        string.Join(' ', model.Signature.Features.Select(feature => $"{feature.Name}→{model.Signature.Inputs[feature.Input].Name}[{feature.Column}]"));

    /// <summary>Why a value of the first row is refused; null when it is taken.</summary>
    public static string? Feed(this CheckedModel model, int feature, Scalar value)
    {
        var batch = new PredictionPlan(model.Signature, model.Baseline).Rent();
        batch.Resize(1);
        return batch.Set(0, feature, value);
    }

    private sealed class NoParquet : IParquetReader
    {
        public IParquetFile Open(string part, string path) => throw new NotSupportedException("These tests read CSV.");
    }

    private sealed class CsvFiles : IDisposable
    {
        private readonly List<string> paths = [];

        public string? Write(string? text)
        {
            if (text is null)
            {
                return null;
            }

            var path = Path.GetTempFileName();
            paths.Add(path);
            File.WriteAllBytes(path, Encoding.UTF8.GetBytes(text));
            return path;
        }

        public void Dispose() => paths.ForEach(File.Delete);
    }
}
