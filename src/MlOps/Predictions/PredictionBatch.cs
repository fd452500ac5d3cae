using MlOps.Models;

namespace MlOps.Predictions;

/// <summary>The rows of one request as columns, and, after the run, their predictions. Pooled; used by one request at a time.</summary>
public sealed class PredictionBatch
{
    internal PredictionBatch(PredictionPlan plan)
    {
        Plan = plan;
        Inputs = [.. plan.Signature.Inputs.Select(Buffer)];
    }

    public PredictionPlan Plan { get; }

    public int Rows { get; private set; }

    /// <summary>One buffer for each graph input in the signature's order, constants included.</summary>
    public TensorBuffer[] Inputs { get; }

    public PredictionOutputs Outputs { get; } = new();

    /// <summary>Anything that the loaded model wants to keep with this batch between runs, native tensors over its buffers say.</summary>
    public IDisposable? NativeState { get; set; }

    /// <summary>Makes room for so many rows, all of them missing.</summary>
    public void Resize(int rows)
    {
        foreach (var input in Inputs)
        {
            input.Grow(rows);
        }

        Rows = rows;
    }

    /// <summary>Feeds one value of one row as contract §5 says. Null when it is taken, else what is wrong with it, for a person.</summary>
    public string? Set(int row, int feature, Scalar value) => throw new NotSupportedException();

    /// <summary>Reads the outputs of one row as the signature says; valid after the run.</summary>
    public Prediction Read(int row) => throw new NotSupportedException();

    internal void Clear() => Rows = 0;

    private static TensorBuffer Buffer(InputSpec input) => input.Type switch
    {
        ElementType.Float16 => new TensorBuffer<Half>(input),
        ElementType.Float => new TensorBuffer<float>(input),
        ElementType.Double => new TensorBuffer<double>(input),
        ElementType.Int32 => new TensorBuffer<int>(input),
        ElementType.Int64 => new TensorBuffer<long>(input),
        ElementType.Bool => new TensorBuffer<bool>(input),
        _ => new TensorBuffer<string>(input),
    };
}
