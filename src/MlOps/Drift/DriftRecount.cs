using System.Runtime.InteropServices;
using MlOps.InferenceLogs;
using MlOps.Models;

namespace MlOps.Drift;

/// <summary>Counts logged rows again from their stored bins, as the commits of them did: for whole hours the result is that of the windows. Not for several threads at once.</summary>
public sealed class DriftRecount
{
    private readonly ModelSignature signature;
    private readonly Baseline? baseline;
    private readonly PredictionBins? firstAnswers;
    private readonly WindowCounter counter;
    private readonly WindowCounter bare;
    private readonly WindowCounts window;
    private readonly Dictionary<string, int> classes;

    /// <param name="baseline">The model's; null without one.</param>
    /// <param name="firstAnswers">The deployment's, once they are frozen.</param>
    public DriftRecount(ModelSignature signature, Baseline? baseline, PredictionBins? firstAnswers)
    {
        (this.signature, this.baseline, this.firstAnswers) = (signature, baseline, firstAnswers);
        counter = new WindowCounter(signature, baseline, firstAnswers);
        bare = baseline is null ? counter : new WindowCounter(signature, null, firstAnswers);
        window = counter.Empty();
        classes = signature.Output.Classes.Select((name, index) => (name, index)).ToDictionary(one => one.name, one => one.index, StringComparer.Ordinal);
    }

    /// <exception cref="InvalidDataException">The row is none of this model's.</exception>
    public void Add(BinnedRow row)
    {
        // A row without bins is from before the model had its baseline: its prediction was counted without one, too.
        var by = row.Bins.IsEmpty ? bare : counter;
        var bins = MemoryMarshal.Cast<byte, ushort>(row.Bins.Span);
        try
        {
            if (signature.Output.Task == ModelTask.Regression)
            {
                by.Add(window, bins, [row.Value ?? throw new InvalidDataException($"The row {row.Id} has no number for a prediction, and its model is a regression.")]);
            }
            else
            {
                by.Add(window, bins, [Class(row)]);
            }
        }
        catch (ArgumentException fault)
        {
            throw new InvalidDataException($"The row {row.Id} was binned by another model.", fault);
        }
    }

    public DriftReport Report() => DriftReport.Of(signature, baseline, firstAnswers, window);

    private int Class(BinnedRow row) => row.Label is { } label && classes.TryGetValue(label, out var index)
        ? index
        : throw new InvalidDataException($"The row {row.Id} is predicted as no class of its model.");
}
