using System.Numerics.Tensors;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using MlOps.Predictions;

namespace MlOps.Models;

/// <summary>Copies a run's answers to their rows, in the types that reading them needs.</summary>
internal static class OutputCopy
{
    /// <param name="answers">The label, where there is one, then the scores.</param>
    public static void Into(PredictionOutputs outputs, IReadOnlyList<OrtValue> answers, OutputSpec spec, int from, int count)
    {
        var first = 0;
        if (spec.Label is not null)
        {
            Label(outputs, answers[0], from, count);
            first = 1;
        }

        if (spec.Scores.Length == 1)
        {
            Scores(answers[first], outputs.Scores.AsSpan(from * spec.ScoreWidth, count * spec.ScoreWidth));
            return;
        }

        // K outputs of one column each.
        var column = new double[count];
        for (var index = 0; index < spec.Scores.Length; index++)
        {
            Scores(answers[first + index], column);
            for (var row = 0; row < count; row++)
            {
                outputs.Scores[((from + row) * spec.ScoreWidth) + index] = column[row];
            }
        }
    }

    private static void Label(PredictionOutputs outputs, OrtValue answer, int from, int count)
    {
        var about = answer.GetTensorTypeAndShape();
        if (about.ElementCount != count)
        {
            throw WrongShape(count, about.ElementCount);
        }

        if (about.ElementDataType == TensorElementType.String)
        {
            for (var row = 0; row < count; row++)
            {
                outputs.TextLabels[from + row] = answer.GetStringElement(row);
            }

            return;
        }

        var labels = outputs.IntegerLabels.AsSpan(from, count);
        outputs.TextLabels.AsSpan(from, count).Clear();
        switch (about.ElementDataType)
        {
            case TensorElementType.Int64: answer.GetTensorDataAsSpan<long>().CopyTo(labels); break;
            case TensorElementType.Int32: TensorPrimitives.ConvertTruncating<int, long>(answer.GetTensorDataAsSpan<int>(), labels); break;
            case TensorElementType.UInt8: TensorPrimitives.ConvertTruncating<byte, long>(answer.GetTensorDataAsSpan<byte>(), labels); break;
            case TensorElementType.Int8: TensorPrimitives.ConvertTruncating<sbyte, long>(answer.GetTensorDataAsSpan<sbyte>(), labels); break;
            default:
                var flags = answer.GetTensorDataAsSpan<bool>();
                for (var row = 0; row < count; row++)
                {
                    labels[row] = flags[row] ? 1 : 0;
                }

                break;
        }
    }

    private static void Scores(OrtValue answer, Span<double> scores)
    {
        var about = answer.GetTensorTypeAndShape();
        if (about.ElementCount != scores.Length)
        {
            throw WrongShape(scores.Length, about.ElementCount);
        }

        switch (about.ElementDataType)
        {
            case TensorElementType.Float: TensorPrimitives.ConvertTruncating<float, double>(answer.GetTensorDataAsSpan<float>(), scores); break;
            case TensorElementType.Double: answer.GetTensorDataAsSpan<double>().CopyTo(scores); break;
            case TensorElementType.Int64: TensorPrimitives.ConvertTruncating<long, double>(answer.GetTensorDataAsSpan<long>(), scores); break;
            case TensorElementType.Int32: TensorPrimitives.ConvertTruncating<int, double>(answer.GetTensorDataAsSpan<int>(), scores); break;
            default:
                var halves = answer.GetTensorDataAsSpan<Float16>();
                for (var index = 0; index < scores.Length; index++)
                {
                    scores[index] = (double)BitConverter.UInt16BitsToHalf(halves[index].value);
                }

                break;
        }
    }

    private static MlOpsException WrongShape(long expected, long answered) =>
        new(ErrorCode.ModelError, $"The model answered {answered} values where {expected} were expected for these rows.");
}
