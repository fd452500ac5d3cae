using MlOps.Models;

namespace MlOps.Drift;

/// <summary>Counts a model's answered rows into windows. Immutable: windows of several hours may be filled by turns.</summary>
public sealed class WindowCounter
{
    private readonly int[] bins;

    /// <param name="baseline">The model's; null without one.</param>
    /// <param name="firstAnswers">The deployment's, once they are frozen: used when the model has no bins for its predictions.</param>
    public WindowCounter(ModelSignature signature, Baseline? baseline, PredictionBins? firstAnswers)
    {
        bins = [.. signature.Features.Select((_, feature) => baseline?.Features[feature]?.Counts.Length ?? 0)];
        Predictions = new PredictionCounter(signature.Output, baseline?.Prediction ?? firstAnswers);
    }

    /// <summary>For windows that count predictions alone.</summary>
    public PredictionCounter Predictions { get; }

    /// <summary>A window without rows.</summary>
    public WindowCounts Empty() => new(bins.Length);

    /// <summary>Counts rows of a classifier.</summary>
    /// <param name="values">Bins as <see cref="Predictions.PredictionBatch.Bins"/> has them, row-major [rows, features]; empty for rows from before the model had a baseline: only their predictions count.</param>
    /// <param name="classes">One per row.</param>
    /// <exception cref="ArgumentException">A bin or class is none of the model's; nothing is counted then.</exception>
    public void Add(WindowCounts window, ReadOnlySpan<ushort> values, ReadOnlySpan<int> classes)
    {
        Predictions.Check(classes);
        Add(window, values, classes.Length);
        Predictions.Add(window.Predictions, classes);
    }

    /// <summary>Counts rows of a regression.</summary>
    /// <param name="values">As for a classifier.</param>
    /// <param name="predictions">One per row.</param>
    /// <exception cref="ArgumentException">A bin is none of the model's, or a prediction not finite; nothing is counted then.</exception>
    public void Add(WindowCounts window, ReadOnlySpan<ushort> values, ReadOnlySpan<double> predictions)
    {
        Predictions.Check(predictions);
        Add(window, values, predictions.Length);
        Predictions.Add(window.Predictions, predictions);
    }

    private void Add(WindowCounts window, ReadOnlySpan<ushort> values, int rows)
    {
        if (window.Features != bins.Length || (!values.IsEmpty && values.Length != rows * (long)bins.Length))
        {
            throw new ArgumentException($"{values.Length} bins are not those of {rows} rows of {bins.Length} features, or the window is another model's.", nameof(values));
        }

        for (var first = 0; first < values.Length; first += bins.Length)
        {
            for (var feature = 0; feature < bins.Length; feature++)
            {
                var bin = values[first + feature] & ~BinIndex.Unseen;
                if (bins[feature] > 0 && bin >= bins[feature])
                {
                    throw new ArgumentException($"Feature {feature} has {bins[feature]} bins: {bin} is the number of none.", nameof(values));
                }
            }
        }

        window.AddRows(rows);
        for (var first = 0; first < values.Length; first += bins.Length)
        {
            for (var feature = 0; feature < bins.Length; feature++)
            {
                if (bins[feature] > 0)
                {
                    window.AddValue(feature, values[first + feature]);
                }
            }
        }
    }
}
