using System.Collections.Immutable;
using MlOps.Predictions;

namespace MlOps.Models.Registration;

/// <summary>Compares predictions with the baseline's target. A model worse than no model is the usual sign of columns or classes in another order.</summary>
internal sealed class TargetChecks(OutputSpec output, TargetColumn target, List<string> warnings)
{
    private const string Sign = "the usual sign of columns or classes in another order than the trainer's.";
    private const double Rounding = 1e-9;

    /// <param name="rows">The baseline's row of each prediction.</param>
    public void Check(ImmutableArray<int> rows, ImmutableArray<Prediction?> predictions)
    {
        if (output.Task == ModelTask.Classification)
        {
            Classes(rows, predictions);
        }
        else if (output.Task == ModelTask.Regression)
        {
            Values(rows, predictions);
        }
    }

    private void Classes(ImmutableArray<int> rows, ImmutableArray<Prediction?> predictions)
    {
        var match = new ClassMatch(output.Classes, output.GraphLabels);
        var counts = new long[output.Classes.Length];
        var (all, right, loss) = (0, 0, 0.0);
        for (var index = 0; index < rows.Length; index++)
        {
            if (predictions[index] is not { } prediction || target.Text(rows[index]) is not { } text || match.Find(text) is not (>= 0 and var truth))
            {
                continue;
            }

            all++;
            counts[truth]++;
            right += prediction.Label == output.Classes[truth] ? 1 : 0;
            loss -= prediction.Probabilities.IsDefault ? 0 : Math.Log(Math.Clamp(prediction.Probabilities[truth], 1e-15, 1));
        }

        if (all == 0)
        {
            return;
        }

        var shares = counts.Where(count => count > 0).Select(count => (double)count / all).ToList();
        var entropy = -shares.Sum(share => share * Math.Log(share));
        if (output.Kind is ScoreKind.Probability or ScoreKind.Logit && loss / all > entropy + Rounding)
        {
            warnings.Add($"On {all} baseline rows the log loss is {ScoreColumns.Number(loss / all)}, above the entropy of the label shares, {ScoreColumns.Number(entropy)}: {Sign}");
        }

        var accuracy = (double)right / all;
        if (accuracy < shares.Max() - 0.01 - Rounding)
        {
            warnings.Add($"On {all} baseline rows the accuracy is {ScoreColumns.Number(accuracy)}, below the share of the most frequent label, {ScoreColumns.Number(shares.Max())}: {Sign}");
        }
    }

    private void Values(ImmutableArray<int> rows, ImmutableArray<Prediction?> predictions)
    {
        var pairs = rows.Select((row, index) => (Truth: target.Number(row), Predicted: predictions[index]?.Value))
            .Where(pair => pair.Truth is { } truth && double.IsFinite(truth) && pair.Predicted is not null)
            .Select(pair => (Truth: pair.Truth!.Value, Predicted: pair.Predicted!.Value))
            .ToList();
        if (pairs.Count < 2)
        {
            return;
        }

        var mean = pairs.Average(pair => pair.Truth);
        var total = pairs.Sum(pair => (pair.Truth - mean) * (pair.Truth - mean));
        var left = pairs.Sum(pair => (pair.Truth - pair.Predicted) * (pair.Truth - pair.Predicted));
        if (total > 0 && left > total * (1 + Rounding))
        {
            warnings.Add($"On {pairs.Count} baseline rows R² is {ScoreColumns.Number(1 - (left / total))}, below 0: {Sign}");
        }
    }
}
