using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace MlOps.Models;

/// <summary>Widens numbers of a native tensor to what reading a prediction needs.</summary>
internal static class NativeNumbers
{
    /// <summary>Bytes of one number; 0 for what is no number.</summary>
    public static int Size(TensorElementType? type) => type switch
    {
        TensorElementType.Double or TensorElementType.Int64 or TensorElementType.UInt64 => 8,
        TensorElementType.Float or TensorElementType.Int32 or TensorElementType.UInt32 => 4,
        TensorElementType.Float16 or TensorElementType.BFloat16 or TensorElementType.Int16 or TensorElementType.UInt16 => 2,
        TensorElementType.Bool or TensorElementType.Int8 or TensorElementType.UInt8 => 1,
        _ => 0,
    };

    public static void ToDouble(ReadOnlySpan<byte> values, TensorElementType type, Span<double> into)
    {
        switch (type)
        {
            case TensorElementType.Float: Convert<float, double>(values, into); break;
            case TensorElementType.Double: MemoryMarshal.Cast<byte, double>(values).CopyTo(into); break;
            case TensorElementType.Float16: Convert<Half, double>(values, into); break;
            case TensorElementType.BFloat16:
                var halves = MemoryMarshal.Cast<byte, ushort>(values);
                for (var i = 0; i < into.Length; i++)
                {
                    into[i] = BitConverter.UInt32BitsToSingle((uint)halves[i] << 16);
                }

                break;
            case TensorElementType.Int64: Convert<long, double>(values, into); break;
            case TensorElementType.Int32: Convert<int, double>(values, into); break;
            case TensorElementType.UInt64: Convert<ulong, double>(values, into); break;
            case TensorElementType.UInt32: Convert<uint, double>(values, into); break;
            case TensorElementType.Int16: Convert<short, double>(values, into); break;
            case TensorElementType.UInt16: Convert<ushort, double>(values, into); break;
            case TensorElementType.Int8: Convert<sbyte, double>(values, into); break;
            case TensorElementType.Bool or TensorElementType.UInt8: Convert<byte, double>(values, into); break;
        }
    }

    public static void ToInteger(ReadOnlySpan<byte> values, TensorElementType type, Span<long> into)
    {
        switch (type)
        {
            case TensorElementType.Int64 or TensorElementType.UInt64: MemoryMarshal.Cast<byte, long>(values).CopyTo(into); break;
            case TensorElementType.Int32: Convert<int, long>(values, into); break;
            case TensorElementType.UInt32: Convert<uint, long>(values, into); break;
            case TensorElementType.Int16: Convert<short, long>(values, into); break;
            case TensorElementType.UInt16: Convert<ushort, long>(values, into); break;
            case TensorElementType.Int8: Convert<sbyte, long>(values, into); break;
            case TensorElementType.Bool or TensorElementType.UInt8: Convert<byte, long>(values, into); break;
            case TensorElementType.Float: Convert<float, long>(values, into); break;
            case TensorElementType.Double: Convert<double, long>(values, into); break;
        }
    }

    private static void Convert<TFrom, TTo>(ReadOnlySpan<byte> values, Span<TTo> into)
        where TFrom : unmanaged, System.Numerics.INumberBase<TFrom>
        where TTo : unmanaged, System.Numerics.INumberBase<TTo> =>
        TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, TFrom>(values)[..into.Length], into);
}
