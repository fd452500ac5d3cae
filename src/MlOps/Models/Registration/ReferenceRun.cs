using System.Collections.Immutable;
using MlOps.Drift;
using MlOps.Predictions;

namespace MlOps.Models.Registration;

/// <summary>Predicts the reference rows: the distribution, and the quality, that predictions are later compared with.</summary>
internal sealed class ReferenceRun(
    ModelSignature signature, RowFeeder feeder, GraphProbe probe, RowAnswers answers, TimeSpan limit, TimeProvider time, CancellationToken cancellation)
{
    private const int RowsPerRun = 1_000;

    /// <exception cref="MlOpsException"><see cref="ErrorCode.InvalidBaseline"/> when it lacks features, or no row of it answers.</exception>
    public PredictionBins Run(BaselineTable reference, TargetColumn? target, List<string> warnings)
    {
        var reader = new TableRows(signature, reference);
        var lacking = signature.Features.Where((_, index) => reader.Column(index) is null).Select(feature => new Fault("/reference", $"The reference lacks '{feature.Name}'.")).ToImmutableArray();
        if (!lacking.IsEmpty)
        {
            throw new MlOpsException(ErrorCode.InvalidBaseline, $"The reference must have a column for every feature: {lacking[0].Detail}", [.. lacking.Take(100)]);
        }

        var tally = new ReferenceTally(signature.Output, target);
        var started = time.GetTimestamp();
        var first = SampleRows.Spaced(reference.Rows, RowsPerRun).ToList();
        Run(first, reader, tally);
        var affordable = (long)(first.Count * limit / TimeSpan.FromTicks(Math.Max(1, time.GetElapsedTime(started).Ticks)));
        var rows = SampleRows.Spaced(reference.Rows, (int)Math.Min(reference.Rows, Math.Max(first.Count, affordable))).ToList();
        if (rows.Count > first.Count)
        {
            tally = new ReferenceTally(signature.Output, target);
            Run(rows, reader, tally);
        }

        if (rows.Count < reference.Rows)
        {
            warnings.Add($"The model takes long to predict all {reference.Rows} reference rows: {rows.Count} of them, evenly spaced, were predicted.");
        }

        if (tally.Left > 0)
        {
            warnings.Add($"{tally.Left} reference rows may not be fed, or are answered without a finite number, and were left out.");
        }

        return tally.Bins ?? throw new MlOpsException(ErrorCode.InvalidBaseline, "No row of the reference could be predicted: its cells must be as the features say.", [new Fault("/reference", "No row could be predicted.")]);
    }

    private void Run(List<int> rows, TableRows reader, ReferenceTally tally)
    {
        foreach (var chunk in rows.Chunk(RowsPerRun))
        {
            cancellation.ThrowIfCancellationRequested();
            var fed = chunk.Select(row => (Row: row, Values: reader.Read(row, 0))).Where(one => feeder.Fault(one.Values) is null).ToList();
            tally.Left += chunk.Length - fed.Count;
            if (fed.Count > 0)
            {
                var predictions = Predict([.. fed.Select(one => one.Values)]);
                for (var index = 0; index < fed.Count; index++)
                {
                    tally.Add(fed[index].Row, predictions[index]);
                }
            }
        }
    }

    private ImmutableArray<Prediction?> Predict(Scalar[][] rows)
    {
        try
        {
            return answers.Read(probe.Run(rows), rows.Length);
        }
        catch (ModelRunException exception)
        {
            throw new MlOpsException(
                ErrorCode.InvalidBaseline,
                $"The graph fails on rows of the reference, though not on the baseline's: {exception.Message} Its values must be such as the model was trained on.",
                [new Fault("/reference", exception.Message)],
                exception);
        }
    }
}
