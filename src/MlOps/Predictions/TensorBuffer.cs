using System.Runtime.CompilerServices;
using MlOps.Models;

namespace MlOps.Predictions;

/// <summary>The column values of one graph input for a batch: row-major [rows, width], pinned so that native code reads them in place.</summary>
public abstract class TensorBuffer(InputSpec input)
{
    public InputSpec Input { get; } = input;

    /// <summary>Rows that fit.</summary>
    public abstract int Capacity { get; }

    /// <summary>Makes room for so many rows, keeping what is there.</summary>
    public abstract void Grow(int rows);

    /// <summary>Fills the constant's values into the rows, or, for a whole tensor, once.</summary>
    internal abstract void FillConstant(int rows);

    /// <summary>Lets go of what callers sent, where it is more than numbers.</summary>
    internal abstract void Forget(int rows);
}

/// <inheritdoc />
public sealed class TensorBuffer<T>(InputSpec input) : TensorBuffer(input)
{
    private static readonly bool Pinned = !RuntimeHelpers.IsReferenceOrContainsReferences<T>();

    private readonly T[] constant = input.Constant is { } fixedValue ? [.. fixedValue.Values.Select(Convert)] : [];
    private int filledRows;

    public T[] Values { get; private set; } = [];

    public override int Capacity => Input.Constant is { PerRow: false } ? int.MaxValue : Values.Length / Math.Max(1, Input.Width);

    public override void Grow(int rows)
    {
        var needed = checked(rows * Math.Max(1, Input.Width));
        if (Input.Constant is { PerRow: false } || Values.Length >= needed)
        {
            return;
        }

        var grown = Pinned ? GC.AllocateUninitializedArray<T>(needed, pinned: true) : new T[needed];
        Values.CopyTo(grown, 0);
        Values = grown;
    }

    internal override void FillConstant(int rows)
    {
        if (Input.Constant is not { } fixedValue)
        {
            return;
        }

        if (!fixedValue.PerRow)
        {
            if (Values.Length == 0)
            {
                Values = Pinned ? GC.AllocateUninitializedArray<T>(Math.Max(1, constant.Length), pinned: true) : new T[constant.Length];
                constant.CopyTo(Values, 0);
            }

            return;
        }

        // Nothing overwrites a constant: what an earlier request filled in is still there.
        for (; filledRows < rows; filledRows++)
        {
            var row = Values.AsSpan(filledRows * Input.Width, Input.Width);
            if (constant.Length == 1)
            {
                row.Fill(constant[0]);
            }
            else
            {
                constant.CopyTo(row);
            }
        }
    }

    internal override void Forget(int rows)
    {
        if (!Pinned && Input.Constant is null)
        {
            Array.Clear(Values, 0, rows * Input.Width);
        }
    }

    private static T Convert(Scalar value)
    {
        object converted = typeof(T) switch
        {
            var type when type == typeof(float) => (float)value.AsNumber!.Value,
            var type when type == typeof(double) => value.AsNumber!.Value,
            var type when type == typeof(Half) => (Half)value.AsNumber!.Value,
            var type when type == typeof(long) => value.AsInteger!.Value,
            var type when type == typeof(int) => (int)value.AsInteger!.Value,
            var type when type == typeof(bool) => value.AsInteger == 1,
            _ => value.ToString(),
        };
        return (T)converted;
    }
}
