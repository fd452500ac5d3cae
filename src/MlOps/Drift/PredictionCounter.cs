using MlOps.Models;

namespace MlOps.Drift;

/// <summary>Counts a model's predictions. Immutable.</summary>
public sealed class PredictionCounter
{
    private readonly OutputSpec output;
    private readonly PredictionBins? bins;
    private readonly BinIndex? index;

    /// <param name="bins">Of the model's reference, else of the deployment's first answers once they are frozen, else null. A classifier is counted by class whatever they are.</param>
    public PredictionCounter(OutputSpec output, PredictionBins? bins)
    {
        (this.output, this.bins) = (output, bins);
        index = bins is null || output.Task != ModelTask.Regression ? null : new BinIndex(bins.Bins);
    }

    /// <param name="classes">Of a classifier's answered rows, in the order of <see cref="OutputSpec.Classes"/>.</param>
    public void Add(PredictionCounts into, ReadOnlySpan<int> classes)
    {
        Check(classes);
        foreach (var one in classes)
        {
            into.AddClass(one);
        }
    }

    /// <param name="values">Of a regression's answered rows.</param>
    public void Add(PredictionCounts into, ReadOnlySpan<double> values)
    {
        Check(values);
        foreach (var value in values)
        {
            if (index is null)
            {
                into.AddCell(PredictionGrid.Cell(value), 1);
            }
            else
            {
                into.AddBin(bins!, index.Of(value) & ~BinIndex.Unseen);
            }
        }
    }

    /// <summary>Before anything is counted: what is refused leaves no trace.</summary>
    internal void Check(ReadOnlySpan<int> classes)
    {
        var count = output.Task == ModelTask.Regression ? 0 : output.Classes.Length;
        foreach (var one in classes)
        {
            if ((uint)one >= (uint)count)
            {
                throw new ArgumentException($"The model has {count} classes: {one} is the number of none.", nameof(classes));
            }
        }
    }

    internal void Check(ReadOnlySpan<double> values)
    {
        if (output.Task != ModelTask.Regression && !values.IsEmpty)
        {
            throw new ArgumentException("A classifier's predictions are classes.", nameof(values));
        }

        foreach (var value in values)
        {
            if (!double.IsFinite(value))
            {
                throw new ArgumentException($"A prediction is finite: {value} is not.", nameof(values));
            }
        }
    }
}
