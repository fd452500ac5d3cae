using System.Collections.Immutable;

namespace MlOps.Models.Registration;

/// <summary>Compares what trees read with what their input holds: they read past its end without complaint, and a wider row runs, too.</summary>
internal static class TreeColumns
{
    public static void Check(GraphInputs inputs, ImmutableArray<PairedFeature> features, ImmutableDictionary<string, int> treeColumns, List<string> warnings)
    {
        foreach (var input in inputs.Fed)
        {
            if (!treeColumns.TryGetValue(input.Name, out var read) || read == 0)
            {
                continue;
            }

            var listed = features.Count(feature => feature.Input == input);
            if (read > listed)
            {
                throw input.Width is null
                    ? new MlOpsException(
                        ErrorCode.InvalidMetadata,
                        $"The trees read column {read - 1} of '{input.Name}' (counted from 0), and metadata lists {listed} feature{(listed == 1 ? "" : "s")} for it: list all of them, in the order of training.",
                        [new Fault("/metadata/features", $"At least {read} features are needed.")])
                    : new MlOpsException(ErrorCode.InvalidModel, $"The trees read column {read - 1} of '{input.Name}' (counted from 0), which has {listed}: the file does not hold together, export it again.");
            }

            if (input.Width is null && read < listed)
            {
                warnings.Add($"The trees read {read} columns of '{input.Name}', and {listed} features are listed for it: right if the last ones were never split on, else the list is of another model.");
            }
        }
    }
}
