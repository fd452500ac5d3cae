using System.Collections.Immutable;
using System.Text;
using MlOps.Contributions;
using MlOps.Predictions;

namespace MlOps.Models.Registration;

/// <summary>
/// Gives a registered model the baseline that it came without. Its signature is settled and may be served: every feature must have a column whose cells it can be
/// fed, and nothing of the signature changes.
/// </summary>
public static class BaselineAddition
{
    /// <exception cref="MlOpsException">A 422 of the catalogue that says what is wrong.</exception>
    public static CheckedModel Freeze(IModelFile file, ModelUpload upload, ModelSignature signature, RowsReading reading, CancellationToken cancellation)
    {
        var warnings = new List<string>();
        var metadata = MetadataReader.Read(upload.Metadata, []);
        using var rows = UploadedRows.Read(upload, reading, warnings, cancellation);
        var baseline = rows.Baseline ?? throw new ArgumentException("A baseline is added by its rows.", nameof(upload));
        Check(signature, baseline, warnings);
        // A model that was registered without rows may name a target that these have, or have not.
        var target = metadata.Target is { } name && baseline.Find(name) is not null ? TargetColumn.Of(metadata, baseline) : null;
        WarnIgnored(signature, baseline, target, warnings);

        var plan = new PredictionPlan(signature, null);
        var feeder = new RowFeeder(plan);
        var sample = SampleRows.Of(signature, baseline, feeder, warnings);
        try
        {
            var probe = GraphProbe.Learn(file, feeder, sample, signature.RowByRow, [], cancellation);
            probe = signature.RowByRow ? probe.Alone() : probe;
            var views = probe.Run(sample.Rows);
            var run = new ReferenceRun(signature, feeder, probe, new RowAnswers(plan), reading.ReferenceTime, TimeProvider.System, cancellation);
            var contributions = rows.Later
                ? ContributionPreparation.NotRead
                : new ContributionPreparation(file, signature, sample, views, baseline, reading.ReferenceTime, TimeProvider.System, cancellation).Prepare(upload.Covers, warnings);
            var frozen = rows.Freeze(signature, target, metadata.Target, run, warnings, cancellation);
            return new CheckedModel(signature, frozen, ImmutableDictionary<string, string>.Empty, "{}", null, [.. warnings.Distinct(StringComparer.Ordinal)])
            {
                RowsLater = rows.Later,
                Contributions = contributions,
            };
        }
        catch (ModelRunException failed)
        {
            throw new MlOpsException(
                ErrorCode.InvalidBaseline,
                $"The graph fails on rows of the baseline: {failed.Message} Its values must be such as the model was trained on.",
                [new Fault("/baseline", failed.Message)],
                failed);
        }
    }

    private static void Check(ModelSignature signature, BaselineTable baseline, List<string> warnings)
    {
        var faults = new FaultList();
        foreach (var feature in signature.Features)
        {
            var pointer = $"/baseline/{FaultList.Escape(feature.Name)}";
            if (baseline.Find(feature.Name) is not { } column)
            {
                faults.Add(pointer, $"There is no column '{feature.Name}': {NearestName.Propose(feature.Name, baseline.NamesWithout(null))}");
                continue;
            }

            var counts = column.Counts;
            if (counts.IsText && !feature.IndexEncoded && signature.Inputs[feature.Input].Type != ElementType.String)
            {
                faults.Add(pointer, $"'{feature.Name}' takes numbers, and row {counts.FirstText + 1} of those that are used says '{Shortened(column[counts.FirstText])}'.");
            }

            var holes = counts.Empty + (counts.IsText ? 0 : counts.NaN);
            if (holes > 0 && !feature.Nullable)
            {
                warnings.Add($"'{feature.Name}' is missing in {holes} row{(holes == 1 ? "" : "s")} of the baseline, and may not be null in predictions: it was registered so.");
            }
        }

        faults.Throw(ErrorCode.InvalidBaseline, "The baseline must have a column for every feature, with values that it takes");
    }

    private static void WarnIgnored(ModelSignature signature, BaselineTable baseline, TargetColumn? target, List<string> warnings)
    {
        var known = signature.Features.Select(feature => feature.Name).ToHashSet(StringComparer.Ordinal);
        var ignored = baseline.NamesWithout(target?.Name).Where(name => !known.Contains(name)).ToList();
        if (ignored.Count > 0)
        {
            warnings.Add($"Columns of the baseline that are no feature are ignored: {string.Join(", ", ignored.Take(20))}{(ignored.Count > 20 ? ", …" : "")}.");
        }
    }

    private static string Shortened(ReadOnlySpan<byte> cell)
    {
        var text = Encoding.UTF8.GetString(cell);
        return text.Length > 100 ? text[..100] + "…" : text;
    }
}
