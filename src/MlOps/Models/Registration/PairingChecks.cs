using System.Collections.Immutable;

namespace MlOps.Models.Registration;

/// <summary>Looks at a pairing as a whole: names that clash, trees that read elsewhere, columns of the baseline without a counterpart.</summary>
internal static class PairingChecks
{
    public static void Check(
        ImmutableArray<PairedFeature> features,
        GraphInputs inputs,
        ModelMetadata metadata,
        BaselineTable? baseline,
        ImmutableDictionary<string, int> treeColumns,
        List<string> warnings)
    {
        if (features.GroupBy(feature => feature.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new MlOpsException(ErrorCode.FeaturesAmbiguous, $"Two columns would be called '{twice.Key}': name the features in metadata.features, or pair them in metadata.inputs.");
        }

        if (metadata.Target is { } target && features.Any(feature => feature.Name == target))
        {
            throw new MlOpsException(ErrorCode.InvalidMetadata, $"'{target}' is the target and an input of the graph: a model is not given what it predicts.", [new Fault("/metadata/target", "The target is a feature.")]);
        }

        TreeColumns.Check(inputs, features, treeColumns, warnings);
        if (baseline is not null)
        {
            Columns(features, metadata, baseline, warnings);
        }
    }

    private static void Columns(ImmutableArray<PairedFeature> features, ModelMetadata metadata, BaselineTable baseline, List<string> warnings)
    {
        var ignored = baseline.NamesWithout(metadata.Target).Where(name => features.All(feature => feature.Name != name)).ToList();
        if (ignored.Count > 0 || baseline.Columns.Any(column => column.Name.Length == 0))
        {
            var unnamed = baseline.Columns.Count(column => column.Name.Length == 0);
            var names = ignored.Concat(Enumerable.Repeat("(without a name)", Math.Min(unnamed, 1)));
            warnings.Add($"Columns of the baseline that are no feature are ignored: {string.Join(", ", names)}.{(metadata.Target is null ? " If one is what the model predicts, name it in metadata.target." : "")}");
        }

        var lacking = features.Where(feature => baseline.Find(feature.Name) is null).Select(feature => feature.Name).ToList();
        if (lacking.Count > 0)
        {
            warnings.Add($"The baseline lacks {string.Join(", ", lacking)}: no drift is counted for {(lacking.Count == 1 ? "it" : "them")}, and the check uses made-up values.");
        }
    }
}
