using System.Collections.Immutable;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using MlOps.Models.Registration;
using Tensor = MlOps.Models.Registration.Tensor;

namespace MlOps.Models;

/// <summary>Tensors of ours and of ONNX Runtime, converted into each other where speed does not count.</summary>
internal static class OrtTensors
{
    public static OrtValue Of(Tensor tensor)
    {
        long[] shape = [.. tensor.Shape];
        return tensor.Values switch
        {
            float[] values => OrtValue.CreateTensorValueFromMemory(values, shape),
            double[] values => OrtValue.CreateTensorValueFromMemory(values, shape),
            long[] values => OrtValue.CreateTensorValueFromMemory(values, shape),
            int[] values => OrtValue.CreateTensorValueFromMemory(values, shape),
            bool[] values => OrtValue.CreateTensorValueFromMemory(values, shape),
            Half[] values => OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(values, value => value.ToOrt()), shape),
            string[] values => Texts(values, shape),
            _ => throw new ArgumentException($"'{tensor.Name}' has values of a type that no input takes.", nameof(tensor)),
        };
    }

    public static Float16 ToOrt(this Half value) => new(BitConverter.HalfToUInt16Bits(value));

    public static OrtValue Texts(ReadOnlySpan<string> values, long[] shape)
    {
        var created = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, shape);
        for (var index = 0; index < values.Length; index++)
        {
            created.StringTensorSetElementAt(values[index].AsSpan(), index);
        }

        return created;
    }

    /// <summary>An output as a tensor; a sequence of maps as [rows, keys] in the order of the keys that the file lists.</summary>
    public static Tensor Read(OrtValue value, GraphOutput output)
    {
        if (value.OnnxType == OnnxValueType.ONNX_TYPE_SEQUENCE)
        {
            return Maps(value, output);
        }

        if (value.OnnxType != OnnxValueType.ONNX_TYPE_TENSOR)
        {
            return new Tensor(output.Name, ElementType.String, [0], Array.Empty<string>());
        }

        var about = value.GetTensorTypeAndShape();
        ImmutableArray<long> shape = [.. about.Shape];
        return about.ElementDataType switch
        {
            TensorElementType.Float => new Tensor(output.Name, ElementType.Float, shape, value.GetTensorDataAsSpan<float>().ToArray()),
            TensorElementType.Double => new Tensor(output.Name, ElementType.Double, shape, value.GetTensorDataAsSpan<double>().ToArray()),
            TensorElementType.Int64 => new Tensor(output.Name, ElementType.Int64, shape, value.GetTensorDataAsSpan<long>().ToArray()),
            TensorElementType.Int32 => new Tensor(output.Name, ElementType.Int32, shape, value.GetTensorDataAsSpan<int>().ToArray()),
            TensorElementType.Bool => new Tensor(output.Name, ElementType.Bool, shape, value.GetTensorDataAsSpan<bool>().ToArray()),
            TensorElementType.Float16 => new Tensor(output.Name, ElementType.Float16, shape, Halves(value.GetTensorDataAsSpan<Float16>())),
            TensorElementType.Int8 => new Tensor(output.Name, ElementType.Int64, shape, Widen(value.GetTensorDataAsSpan<sbyte>())),
            TensorElementType.UInt8 => new Tensor(output.Name, ElementType.Int64, shape, Widen(value.GetTensorDataAsSpan<byte>())),
            TensorElementType.String => new Tensor(output.Name, ElementType.String, shape, value.GetStringTensorAsArray()),
            var other => throw new ModelRunException($"The output '{output.Name}' is a tensor of {other}, which is not read."),
        };
    }

    /// <summary>The values of one map by the keys that the file lists.</summary>
    public static void ReadMap(OrtValue map, ReadOnlySpan<string> keys, Span<double> values)
    {
        map.ProcessMap(MapReader(keys.ToArray(), values.Length, out var read), OrtAllocator.DefaultInstance);
        read.CopyTo(values);
    }

    private static Tensor Maps(OrtValue value, GraphOutput output)
    {
        string[] keys = [.. output.MapKeys.IsDefault ? [] : output.MapKeys.Select(key => key.ToString())];
        var rows = value.GetValueCount();
        var scores = new double[rows * keys.Length];
        var row = 0;
        value.ProcessSequence((one, _) => ReadMap(one, keys, scores.AsSpan(row++ * keys.Length, keys.Length)), OrtAllocator.DefaultInstance);
        return new Tensor(output.Name, ElementType.Double, [rows, keys.Length], scores);
    }

    private static OrtValue.MapVisitor MapReader(string[] keys, int count, out double[] read)
    {
        var values = read = new double[count];
        return (mapKeys, mapValues) =>
        {
            var scores = mapValues.GetTensorDataAsSpan<float>();
            var names = mapKeys.GetTensorTypeAndShape().ElementDataType == TensorElementType.String
                ? mapKeys.GetStringTensorAsArray()
                : [.. mapKeys.GetTensorDataAsSpan<long>().ToArray().Select(key => key.ToString(System.Globalization.CultureInfo.InvariantCulture))];
            for (var index = 0; index < names.Length; index++)
            {
                var at = Array.IndexOf(keys, names[index]);
                if (at >= 0)
                {
                    values[at] = scores[index];
                }
            }
        };
    }

    private static Half[] Halves(ReadOnlySpan<Float16> values)
    {
        var halves = new Half[values.Length];
        for (var index = 0; index < values.Length; index++)
        {
            halves[index] = BitConverter.UInt16BitsToHalf(values[index].value);
        }

        return halves;
    }

    private static long[] Widen<T>(ReadOnlySpan<T> values)
        where T : unmanaged, System.Numerics.IBinaryInteger<T>
    {
        var widened = new long[values.Length];
        for (var index = 0; index < values.Length; index++)
        {
            widened[index] = long.CreateChecked(values[index]);
        }

        return widened;
    }
}
