using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
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

    /// <summary>Takes rows of a buffer of the same input, which may be this one.</summary>
    internal abstract void CopyRows(TensorBuffer from, int row, int count, int to);

    /// <summary>Takes one column of one row.</summary>
    internal abstract void CopyCell(TensorBuffer from, int row, int column, int to);

    /// <summary>Reads rows as numbers, row-major.</summary>
    /// <exception cref="NotSupportedException">They are texts.</exception>
    internal abstract void Read(int from, int count, Span<double> numbers);

    /// <summary>A hash of one row's values, the same in every process.</summary>
    internal abstract int Hash(int row, int seed);
}

/// <inheritdoc />
public sealed class TensorBuffer<T>(InputSpec input) : TensorBuffer(input)
{
    private const int Prime = 16777619;

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

    internal override void CopyRows(TensorBuffer from, int row, int count, int to)
    {
        if (Input.Constant is null)
        {
            ((TensorBuffer<T>)from).Values.AsSpan(row * Input.Width, count * Input.Width).CopyTo(Values.AsSpan(to * Input.Width));
        }
    }

    internal override void CopyCell(TensorBuffer from, int row, int column, int to) =>
        Values[(to * Input.Width) + column] = ((TensorBuffer<T>)from).Values[(row * Input.Width) + column];

    internal override void Read(int from, int count, Span<double> numbers)
    {
        var values = Values.AsSpan(from * Input.Width, count * Input.Width);
        if (typeof(T) == typeof(float))
        {
            var floats = MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<T, float>(ref MemoryMarshal.GetReference(values)), values.Length);
            for (var at = 0; at < floats.Length; at++)
            {
                numbers[at] = floats[at];
            }

            return;
        }

        for (var at = 0; at < values.Length; at++)
        {
            numbers[at] = Number(values[at]);
        }
    }

    internal override int Hash(int row, int seed)
    {
        if (Input.Constant is not null)
        {
            return seed;
        }

        var values = Values.AsSpan(row * Input.Width, Input.Width);
        foreach (var value in values)
        {
            seed = value is string text ? Mixed(seed, text) : Mixed(seed, BitConverter.DoubleToInt64Bits(Number(value)));
        }

        return seed;
    }

    // FNV-1a.
    private static int Mixed(int seed, long bits) => unchecked(((seed ^ (int)bits) * Prime ^ (int)(bits >> 32)) * Prime);

    private static int Mixed(int seed, string text)
    {
        foreach (var letter in text)
        {
            seed = unchecked((seed ^ letter) * Prime);
        }

        return Mixed(seed, text.Length);
    }

    private static double Number(T value) => value switch
    {
        float number => number,
        double number => number,
        Half half => (double)half,
        int integer => integer,
        long integer => integer,
        bool flag => flag ? 1 : 0,
        var other => throw new NotSupportedException($"{other} is no number."),
    };

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
