using System.Globalization;
using MlOps.Models;

namespace MlOps.Predictions;

/// <summary>Turns raw outputs into classes and probabilities as the signature says.</summary>
internal sealed class OutputReader
{
    private readonly OutputSpec output;
    private readonly Dictionary<string, int> byText;
    private readonly Dictionary<long, int> byInteger = [];

    public OutputReader(OutputSpec output)
    {
        this.output = output;
        byText = new(StringComparer.Ordinal);
        for (var index = 0; index < output.GraphLabels.Length; index++)
        {
            byText.TryAdd(output.GraphLabels[index], index);
            if (long.TryParse(output.GraphLabels[index], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer))
            {
                byInteger.TryAdd(integer, index);
            }
        }

        HasProbabilities = output.Task == ModelTask.Classification && output.Kind is ScoreKind.Probability or ScoreKind.Logit;
    }

    /// <summary>Whether the scores tell a probability for every class.</summary>
    public bool HasProbabilities { get; }

    public string Label(PredictionOutputs outputs, int row) => output.Classes[outputs.Classes[row]];

    /// <summary>Fills in classes and probabilities of some rows.</summary>
    public void Interpret(PredictionOutputs outputs, int from, int count)
    {
        for (var row = from; row < from + count; row++)
        {
            var scores = outputs.Scores.AsSpan(row * output.ScoreWidth, output.ScoreWidth);
            foreach (var score in scores)
            {
                if (!double.IsFinite(score))
                {
                    throw new MlOpsException(ErrorCode.OutputNotFinite, $"The model answered {(double.IsNaN(score) ? "NaN" : "infinity")} for row {row}: its inputs are outside of what the model can compute.");
                }
            }

            if (output.Task == ModelTask.Regression)
            {
                continue;
            }

            var probabilities = outputs.Probabilities.AsSpan(row * output.Classes.Length, output.Classes.Length);
            if (HasProbabilities)
            {
                Probabilities(scores, probabilities);
            }

            outputs.Classes[row] = Class(outputs, row, probabilities);
        }
    }

    private int Class(PredictionOutputs outputs, int row, ReadOnlySpan<double> probabilities)
    {
        if (output.Threshold is { } threshold)
        {
            return probabilities[1] >= threshold ? 1 : 0;
        }

        if (output.Label is null)
        {
            return output.ScoreWidth == 1 ? (probabilities[1] >= 0.5 ? 1 : 0) : Largest(probabilities);
        }

        var known = outputs.TextLabels[row] is { } text ? byText.TryGetValue(text, out var index) : byInteger.TryGetValue(outputs.IntegerLabels[row], out index);
        return known
            ? index
            : throw new MlOpsException(ErrorCode.ModelError, $"The model answered the label '{outputs.TextLabels[row] ?? outputs.IntegerLabels[row].ToString(CultureInfo.InvariantCulture)}', which is none of its classes.");
    }

    private void Probabilities(ReadOnlySpan<double> scores, Span<double> probabilities)
    {
        if (output.Kind == ScoreKind.Probability && scores.Length > 1)
        {
            scores.CopyTo(probabilities);
        }
        else if (scores.Length == 1 || output.Opposite)
        {
            var second = output.Kind == ScoreKind.Probability ? scores[0] : Sigmoid(scores[^1]);
            (probabilities[0], probabilities[1]) = (1 - second, second);
        }
        else
        {
            Softmax(scores, probabilities);
        }
    }

    private static double Sigmoid(double score) => score >= 0 ? 1 / (1 + Math.Exp(-score)) : 1 - (1 / (1 + Math.Exp(score)));

    private static void Softmax(ReadOnlySpan<double> scores, Span<double> probabilities)
    {
        var largest = scores[Largest(scores)];
        var sum = 0.0;
        for (var index = 0; index < scores.Length; index++)
        {
            sum += probabilities[index] = Math.Exp(scores[index] - largest);
        }

        for (var index = 0; index < scores.Length; index++)
        {
            probabilities[index] /= sum;
        }
    }

    private static int Largest(ReadOnlySpan<double> values)
    {
        var largest = 0;
        for (var index = 1; index < values.Length; index++)
        {
            largest = values[index] > values[largest] ? index : largest;
        }

        return largest;
    }
}
