using System.Collections.Immutable;

namespace MlOps.Models.Registration;

/// <summary>A model run on its sample rows: what came out, and how that is read.</summary>
/// <param name="Probe">Runs rows as they will be served: together, or alone.</param>
/// <param name="Views">The outputs of every sample row.</param>
internal sealed record Trial(GraphProbe Probe, ImmutableArray<OutputView> Views, OutputSpec Output)
{
    /// <exception cref="MlOpsException">The sample is not taken, or its outputs can be read in more than one way.</exception>
    public static Trial Run(
        IModelFile file,
        ModelSignature signature,
        RowFeeder feeder,
        SampleRows sample,
        bool singleRow,
        ModelMetadata metadata,
        BaselineTable? baseline,
        TargetColumn? target,
        List<string> warnings,
        CancellationToken cancellation)
    {
        try
        {
            var probe = GraphProbe.Learn(file, feeder, sample, singleRow, warnings, cancellation);
            (probe, var views) = RunAll(probe, sample, warnings);
            var output = OutputRules.Decide(metadata, views, target, warnings);
            return Dependence(probe, sample, output, warnings) is { } alone
                ? new Trial(alone, alone.Run(sample.Rows), output)
                : new Trial(probe, views, output);
        }
        catch (ModelRunException exception)
        {
            throw new FailingRows(file, signature, feeder, sample, metadata, baseline, cancellation).Refusal(exception.Message);
        }
    }

    // A graph may take single rows and choke on many, whatever its inputs declare: then rows run alone, if each of them does.
    private static (GraphProbe Probe, ImmutableArray<OutputView> Views) RunAll(GraphProbe probe, SampleRows sample, List<string> warnings)
    {
        try
        {
            return (probe, probe.Run(sample.Rows));
        }
        catch (ModelRunException) when (!probe.RowByRow)
        {
            var alone = probe.Alone();
            var views = alone.Run(sample.Rows);
            warnings.Add("The graph takes single rows and fails on many together, though its inputs declare a free batch: it runs row by row, which is slower.");
            return (alone, views);
        }
    }

    private static GraphProbe? Dependence(GraphProbe probe, SampleRows sample, OutputSpec output, List<string> warnings)
    {
        if (probe.RowByRow)
        {
            return null;
        }

        var rows = sample.Rows.Take(BatchDependence.Rows).ToArray();
        var alone = probe.Alone();
        if (BatchDependence.Of(output, probe.Run(rows), alone.Run(rows)) is not { } difference)
        {
            return null;
        }

        warnings.Add(
            $"A row's answer depends on the rows that come with it (by up to {ScoreColumns.Number(difference)} of its size, as in a dynamically quantized network): the model runs row by row, which is slower. Quantize it statically if you can.");
        return alone;
    }
}
