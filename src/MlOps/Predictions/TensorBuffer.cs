using MlOps.Models;

namespace MlOps.Predictions;

/// <summary>The column values of one graph input for a batch: row-major [rows, width], pinned so that native code reads them in place.</summary>
public abstract class TensorBuffer(InputSpec input)
{
    public InputSpec Input { get; } = input;

    /// <summary>Rows that fit.</summary>
    public abstract int Capacity { get; }

    /// <summary>Makes room for so many rows; what was there is lost.</summary>
    public abstract void Grow(int rows);
}

/// <inheritdoc />
public sealed class TensorBuffer<T>(InputSpec input) : TensorBuffer(input)
{
    public T[] Values { get; private set; } = [];

    public override int Capacity => Values.Length / Input.Width;

    public override void Grow(int rows)
    {
        var needed = checked(rows * Input.Width);
        if (Values.Length < needed)
        {
            Values = System.Runtime.CompilerServices.RuntimeHelpers.IsReferenceOrContainsReferences<T>()
                ? new T[needed]
                : GC.AllocateUninitializedArray<T>(needed, pinned: true);
        }
    }
}
