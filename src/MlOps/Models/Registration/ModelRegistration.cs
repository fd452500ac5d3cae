using System.Collections.Immutable;
using MlOps.Contributions;
using MlOps.Predictions;

namespace MlOps.Models.Registration;

/// <summary>Understands an opened model file by what its metadata says, its graph shows and its runs do. Runs in the child process.</summary>
public static class ModelRegistration
{
    /// <summary>
    /// Understands a model with its rows. Where these are too many to be read before an answer, it is understood from the first
    /// <see cref="RowsFile.FirstRows"/> of them: names, inputs, outputs and classes for good, and what only all rows can tell (which features have missing
    /// values, which levels there are) until a job has understood the model from all of them (<see cref="WholeBaseline"/>).
    /// </summary>
    /// <exception cref="MlOpsException">A 422 of the catalogue that says what is wrong and the line of metadata that settles it.</exception>
    public static CheckedModel Understand(IModelFile file, ModelUpload upload, RowsReading reading, CancellationToken cancellation) =>
        Understand(file, upload, reading, TimeProvider.System, cancellation);

    internal static CheckedModel Understand(IModelFile file, ModelUpload upload, RowsReading reading, TimeProvider time, CancellationToken cancellation)
    {
        var warnings = new List<string>();
        var metadata = MetadataReader.Read(upload.Metadata, warnings);
        using var rows = UploadedRows.Read(upload, reading, warnings, cancellation);
        var (baseline, reference) = (rows.Baseline, rows.Reference);
        var target = TargetColumn.Of(metadata, baseline);

        var (signature, singleRow) = Feeding(file.Graph, metadata, baseline, warnings);
        var feeder = new RowFeeder(new PredictionPlan(signature, null));
        var sample = SampleRows.Of(signature, baseline, feeder, warnings);
        var trial = Trial.Run(file, signature, feeder, sample, singleRow, metadata, baseline, target, warnings, cancellation);
        signature = signature with { Output = trial.Output, RowByRow = trial.Probe.RowByRow };

        var answers = new RowAnswers(new PredictionPlan(signature, null));
        var predictions = answers.Read(trial.Views, sample.Rows.Length);
        new ExamplesCheck(metadata.Examples, signature, feeder, trial.Probe, answers).Check();
        var answered = sample.Rows.Zip(predictions).Take(sample.Different).Where(pair => pair.Second is not null).Select(pair => (pair.First, pair.Second!)).ToList();
        Warn(metadata, signature, baseline, sample, predictions, target, warnings);

        var contributions = rows.Later
            ? ContributionPreparation.NotRead
            : new ContributionPreparation(file, signature, sample, trial.Views, baseline, reading.ReferenceTime, time, cancellation).Prepare(upload.Covers, warnings);
        var run = new ReferenceRun(signature, feeder, trial.Probe, answers, reading.ReferenceTime, time, cancellation);
        return new CheckedModel(
            signature,
            rows.Freeze(signature, target, metadata.Target, run, warnings, cancellation),
            ImmutableDictionary<string, string>.Empty,
            AnswerJson.ExampleRequest(signature, answered[0].First),
            baseline is null ? null : AnswerJson.Preview(signature, answered),
            [.. warnings.Distinct(StringComparer.Ordinal)])
        {
            RowsLater = rows.Later,
            Contributions = contributions,
        };
    }

    /// <summary>The signature without its outputs: how rows are fed.</summary>
    private static (ModelSignature Signature, bool SingleRow) Feeding(ModelGraph graph, ModelMetadata metadata, BaselineTable? baseline, List<string> warnings)
    {
        var inputs = GraphInputs.Of(graph, metadata);
        var paired = InputPairing.Pair(inputs, metadata, baseline, graph.TreeFeatureCount, warnings);
        var features = FeatureTyping.Settle(paired, metadata, baseline, warnings);
        var specs = inputs.All.Select(input =>
        {
            var columns = features.Select((feature, index) => (feature, index)).Where(one => one.feature.Input == input.Index).OrderBy(one => one.feature.Column).Select(one => one.index).ToImmutableArray();
            return new InputSpec(input.Name, input.Type, input.Rank, input.Constant is null ? columns.Length : input.Width!.Value, columns, input.Constant);
        });
        var open = new OutputSpec(ModelTask.Regression, null, [], [], [], 0, false, ScoreKind.Value, [], null, []);
        return (new ModelSignature([.. specs], features, open, inputs.SingleRow), inputs.SingleRow);
    }

    private static void Warn(
        ModelMetadata metadata,
        ModelSignature signature,
        BaselineTable? baseline,
        SampleRows sample,
        ImmutableArray<Prediction?> predictions,
        TargetColumn? target,
        List<string> warnings)
    {
        var left = predictions.Take(sample.Different).Count(prediction => prediction is null);
        if (left > 0)
        {
            warnings.Add($"{left} of the {sample.Different} rows that were tried are answered with NaN or infinity and were left out: such rows fail when they are predicted.");
        }

        if (target is not null && !sample.IsMadeUp)
        {
            new TargetChecks(signature.Output, target, warnings).Check([.. sample.TableRows.Take(sample.Different)], predictions);
        }

        if (metadata.Examples.IsEmpty)
        {
            var delicate = signature.Features
                .Where(feature => feature.Type == FeatureType.Categorical || (feature.Nullable && (baseline is not null || metadata.Entry(feature.Name) is not null)))
                .Select(feature => feature.Name).ToList();
            if (delicate.Count > 0)
            {
                warnings.Add(
                    $"The model takes missing or categorical values ({string.Join(", ", delicate.Take(10))}{(delicate.Count > 10 ? ", …" : "")}) and comes without examples. Exporters silently write another model for some of these; "
                    + "send a few rows with the trained model's own predictions in metadata.examples to prove the file.");
            }
        }
    }
}
