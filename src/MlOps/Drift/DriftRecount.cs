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

    /// <summary>Counts a row; false for one that is none of this model's: its commit did not count it either.</summary>
    public bool Add(BinnedRow row)
    {
        // A row without bins is from before the model had its baseline: its prediction was counted without one, too.
        var by = row.Bins.IsEmpty ? bare : counter;
        var bins = MemoryMarshal.Cast<byte, ushort>(row.Bins.Span);
        try
        {
            if (signature.Output.Task == ModelTask.Regression)
            {
                by.Add(window, bins, [row.Value ?? double.NaN]);
            }
            else
            {
                by.Add(window, bins, [row.Label is { } label ? classes.GetValueOrDefault(label, -1) : -1]);
            }

            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    public DriftReport Report() => DriftReport.Of(signature, baseline, firstAnswers, window);
}
