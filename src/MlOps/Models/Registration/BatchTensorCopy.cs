using MlOps.Predictions;

namespace MlOps.Models.Registration;

/// <summary>Some rows of a batch as tensors for a single run, copied: for understanding a file, where speed does not count.</summary>
public static class BatchTensorCopy
{
    public static IReadOnlyList<Tensor> Of(PredictionBatch batch, int from, int count) => [.. batch.Inputs.Select(buffer => buffer switch
    {
        TensorBuffer<float> typed => Copy(typed, from, count),
        TensorBuffer<double> typed => Copy(typed, from, count),
        TensorBuffer<Half> typed => Copy(typed, from, count),
        TensorBuffer<long> typed => Copy(typed, from, count),
        TensorBuffer<int> typed => Copy(typed, from, count),
        TensorBuffer<bool> typed => Copy(typed, from, count),
        _ => Copy((TensorBuffer<string>)buffer, from, count),
    })];

    private static Tensor Copy<T>(TensorBuffer<T> buffer, int from, int count)
    {
        var input = buffer.Input;
        return input.Constant is { PerRow: false } fixedValue
            ? new Tensor(input.Name, input.Type, fixedValue.Shape, buffer.Values)
            : new Tensor(input.Name, input.Type, input.Rank == 1 ? [count] : [count, input.Width], buffer.Values[(from * input.Width)..((from + count) * input.Width)]);
    }
}
