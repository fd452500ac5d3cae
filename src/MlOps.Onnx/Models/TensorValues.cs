using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Tensor = MlOps.Models.Registration.Tensor;

namespace MlOps.Models;

/// <summary>Values between managed arrays and ONNX Runtime's tensors, by copying: for registration, where clarity counts more than speed.</summary>
internal static class TensorValues
{
    public static TensorElementType Native(ElementType type) => type switch
    {
        ElementType.Float16 => TensorElementType.Float16,
        ElementType.Float => TensorElementType.Float,
        ElementType.Double => TensorElementType.Double,
        ElementType.Int32 => TensorElementType.Int32,
        ElementType.Int64 => TensorElementType.Int64,
        ElementType.Bool => TensorElementType.Bool,
        _ => TensorElementType.String,
    };

    public static OrtValue Write(Tensor tensor)
    {
        long[] shape = [.. tensor.Shape];
        if (tensor.Values is string[] texts)
        {
            var value = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, shape);
            for (var i = 0; i < texts.Length; i++)
            {
                value.StringTensorSetElementAt((texts[i] ?? "").AsSpan(), i);
            }

            return value;
        }

        var made = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, Native(tensor.Type), shape);
        Bytes(tensor.Values).CopyTo(made.GetTensorMutableRawData());
        return made;
    }

    /// <exception cref="NotSupportedException">The type is none that an output may have.</exception>
    public static Tensor Read(string name, OrtValue value)
    {
        var info = value.GetTensorTypeAndShape();
        var (type, values) = info.ElementDataType switch
        {
            TensorElementType.Float => (ElementType.Float, (Array)Copy<float>(value)),
            TensorElementType.Double => (ElementType.Double, Copy<double>(value)),
            TensorElementType.Int64 => (ElementType.Int64, Copy<long>(value)),
            TensorElementType.Int32 => (ElementType.Int32, Copy<int>(value)),
            TensorElementType.Bool => (ElementType.Bool, Copy<bool>(value)),
            TensorElementType.String => (ElementType.String, value.GetStringTensorAsArray()),
            TensorElementType.Float16 => (ElementType.Float16, Copy<Half>(value)),
            TensorElementType.BFloat16 => (ElementType.Float, Array.ConvertAll(Copy<ushort>(value), bits => BitConverter.UInt32BitsToSingle((uint)bits << 16))),
            TensorElementType.UInt8 => (ElementType.Int32, Array.ConvertAll(Copy<byte>(value), each => (int)each)),
            TensorElementType.Int8 => (ElementType.Int32, Array.ConvertAll(Copy<sbyte>(value), each => (int)each)),
            TensorElementType.UInt16 => (ElementType.Int32, Array.ConvertAll(Copy<ushort>(value), each => (int)each)),
            TensorElementType.Int16 => (ElementType.Int32, Array.ConvertAll(Copy<short>(value), each => (int)each)),
            TensorElementType.UInt32 => (ElementType.Int64, Array.ConvertAll(Copy<uint>(value), each => (long)each)),
            TensorElementType.UInt64 => (ElementType.Int64, Array.ConvertAll(Copy<ulong>(value), each => (long)Math.Min(each, long.MaxValue))),
            var other => throw new NotSupportedException($"Output '{name}' has elements of type {other}."),
        };
        return new Tensor(name, type, [.. info.Shape], values);
    }

    /// <summary>A sequence of maps, one for each row, as [rows, keys]; a key that a map lacks is NaN.</summary>
    public static Tensor ReadMaps(string name, OrtValue sequence, ImmutableArray<Scalar> keys)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < keys.Length; i++)
        {
            places.TryAdd(keys[i].ToString(), i);
        }

        var rows = sequence.GetValueCount();
        var scores = new float[rows * keys.Length];
        Array.Fill(scores, float.NaN);
        for (var row = 0; row < rows; row++)
        {
            using var map = sequence.GetValue(row, OrtAllocator.DefaultInstance);
            using var mapKeys = map.GetValue(0, OrtAllocator.DefaultInstance);
            using var mapValues = map.GetValue(1, OrtAllocator.DefaultInstance);
            var names = Read(name, mapKeys).Values;
            var values = Read(name, mapValues).Values;
            for (var i = 0; i < names.Length; i++)
            {
                if (places.TryGetValue(Convert.ToString(names.GetValue(i), System.Globalization.CultureInfo.InvariantCulture)!, out var place))
                {
                    scores[(row * keys.Length) + place] = Convert.ToSingle(values.GetValue(i), System.Globalization.CultureInfo.InvariantCulture);
                }
            }
        }

        return new Tensor(name, ElementType.Float, [rows, keys.Length], scores);
    }

    // Through raw bytes: the managed wrapper has types of its own for half precision.
    private static T[] Copy<T>(OrtValue value)
        where T : unmanaged => value.GetTensorTypeAndShape().ElementCount == 0 ? [] : MemoryMarshal.Cast<byte, T>(value.GetTensorMutableRawData()).ToArray();

    private static ReadOnlySpan<byte> Bytes(Array values) => values switch
    {
        float[] a => MemoryMarshal.AsBytes(a.AsSpan()),
        double[] a => MemoryMarshal.AsBytes(a.AsSpan()),
        long[] a => MemoryMarshal.AsBytes(a.AsSpan()),
        int[] a => MemoryMarshal.AsBytes(a.AsSpan()),
        bool[] a => MemoryMarshal.AsBytes(a.AsSpan()),
        Half[] a => MemoryMarshal.AsBytes(a.AsSpan()),
        _ => throw new ArgumentException($"Not an array of tensor values: {values.GetType()}."),
    };
}
