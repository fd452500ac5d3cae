using System.Collections.Immutable;
using MlOps.Predictions;

namespace MlOps.Models.Registration;

/// <summary>Feeds rows as predictions do, and hands the columns on as tensors.</summary>
internal sealed class RowFeeder(PredictionPlan plan)
{
    /// <summary>Why a row may not be fed; null when it may.</summary>
    public string? Fault(ReadOnlySpan<Scalar> row)
    {
        var batch = plan.Rent();
        batch.Resize(1);
        var fault = Set(batch, 0, row);
        plan.Return(batch);
        return fault;
    }

    /// <summary>Feeds rows that may be fed.</summary>
    public ImmutableArray<Tensor> Feed(IReadOnlyList<Scalar[]> rows)
    {
        var batch = plan.Rent();
        batch.Resize(rows.Count);
        for (var row = 0; row < rows.Count; row++)
        {
            if (Set(batch, row, rows[row]) is { } fault)
            {
                throw new InvalidOperationException(fault);
            }
        }

        ImmutableArray<Tensor> tensors = [.. batch.Inputs.Select(buffer => Tensor(buffer, rows.Count))];
        plan.Return(batch);
        return tensors;
    }

    private static string? Set(PredictionBatch batch, int row, ReadOnlySpan<Scalar> values)
    {
        for (var feature = 0; feature < values.Length; feature++)
        {
            var value = values[feature];
            if (value.AsNumber is { } number && !double.IsFinite(number))
            {
                return $"'{batch.Plan.Signature.Features[feature].Name}' is infinite, which no caller can send.";
            }

            if (batch.Set(row, feature, value) is { } fault)
            {
                return fault;
            }
        }

        return null;
    }

    private static Tensor Tensor(TensorBuffer buffer, int rows) => buffer switch
    {
        TensorBuffer<float> typed => Tensor(typed, rows),
        TensorBuffer<double> typed => Tensor(typed, rows),
        TensorBuffer<Half> typed => Tensor(typed, rows),
        TensorBuffer<int> typed => Tensor(typed, rows),
        TensorBuffer<long> typed => Tensor(typed, rows),
        TensorBuffer<bool> typed => Tensor(typed, rows),
        TensorBuffer<string> typed => Tensor(typed, rows),
        _ => throw new InvalidOperationException($"Input '{buffer.Input.Name}' has a buffer of an unknown type."),
    };

    private static Tensor Tensor<T>(TensorBuffer<T> buffer, int rows)
    {
        var input = buffer.Input;
        if (input.Constant is { PerRow: false } whole)
        {
            return new Tensor(input.Name, input.Type, whole.Shape, buffer.Values[..whole.Values.Length]);
        }

        ImmutableArray<long> shape = input.Constant is { } constant ? [rows, .. constant.Shape.Skip(1)] : input.Rank == 1 ? [rows] : [rows, input.Width];
        return new Tensor(input.Name, input.Type, shape, buffer.Values[..(rows * input.Width)]);
    }
}
