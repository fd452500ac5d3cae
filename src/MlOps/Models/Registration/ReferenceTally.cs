using MlOps.Drift;
using MlOps.Predictions;

namespace MlOps.Models.Registration;

/// <summary>Gathers the predictions of reference rows, and how they compare with the truth.</summary>
internal sealed class ReferenceTally(OutputSpec output, TargetColumn? target)
{
    private readonly ClassMatch match = new(output.Classes, output.GraphLabels);
    private readonly List<string?> labels = [];
    private readonly List<double> values = [];
    private long compared;
    private double sum;

    /// <summary>Rows that could not be predicted.</summary>
    public int Left { get; set; }

    /// <summary>The distribution; null without any prediction.</summary>
    public PredictionBins? Bins
    {
        get
        {
            var rows = output.Task == ModelTask.Regression ? values.Count : labels.Count;
            if (rows == 0)
            {
                return null;
            }

            var bins = output.Task == ModelTask.Regression
                ? FeatureBinning.Freeze(FeatureType.Numeric, values.ToArray())
                : FeatureBinning.Freeze(FeatureType.Categorical, labels.ToArray());
            double? quality = compared == 0 ? null : sum / compared;
            return new PredictionBins("reference", rows, bins, output.Task == ModelTask.Classification ? quality : null, output.Task == ModelTask.Regression ? quality : null);
        }
    }

    public void Add(int row, Prediction? prediction)
    {
        if (prediction is null)
        {
            Left++;
            return;
        }

        if (output.Task == ModelTask.Regression)
        {
            values.Add(prediction.Value!.Value);
            if (target?.Number(row) is { } truth && double.IsFinite(truth))
            {
                compared++;
                sum += Math.Abs(prediction.Value.Value - truth);
            }

            return;
        }

        labels.Add(prediction.Label);
        if (output.Task == ModelTask.Classification && target?.Text(row) is { } text)
        {
            compared++;
            sum += match.Find(text) is >= 0 and var found && output.Classes[found] == prediction.Label ? 1 : 0;
        }
    }
}
