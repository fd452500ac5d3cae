using System.Buffers.Binary;
using MlOps.Format;
using MlOps.Models;

namespace MlOps.Contributions;

/// <summary>The lists of numbers in which an operator keeps its nodes: as integers, as floats, or as a tensor that may be of doubles.</summary>
internal readonly struct NodeColumns(NodeProto node)
{
    public long[] Integers(string name) => node.Attribute(name) is { } attribute ? [.. attribute.Ints] : [];

    public string[] Texts(string name) => node.Attribute(name) is { } attribute ? [.. attribute.Strings.Select(text => text.ToStringUtf8())] : [];

    public string? Text(string name) => node.Attribute(name)?.S is { IsEmpty: false } text ? text.ToStringUtf8() : null;

    public long? Integer(string name) => node.Attribute(name)?.I;

    /// <summary>Under its name, or under the name that the operator's later versions give to the same in doubles.</summary>
    public double[] Numbers(string name)
    {
        if (node.Attribute(name + "_as_tensor")?.T is { } doubles)
        {
            return Values(doubles);
        }

        return node.Attribute(name) switch
        {
            { Floats.Count: > 0 } floats => [.. floats.Floats.Select(number => (double)number)],
            { T: { } tensor } => Values(tensor),
            _ => [],
        };
    }

    /// <summary>Whether numbers under the name are doubles: what they are compared with is not narrowed then.</summary>
    public bool AreDoubles(string name) => (node.Attribute(name + "_as_tensor") ?? node.Attribute(name))?.T?.DataType == TensorTypes.Double;

    /// <exception cref="NotSupportedException">External data, or a type that no tree has.</exception>
    private static double[] Values(TensorProto tensor)
    {
        var raw = tensor.RawData.Memory;
        return tensor.DataLocation == TensorTypes.External
            ? throw new NotSupportedException("Its trees are kept in external data.")
            : tensor.DataType switch
            {
                TensorTypes.Float when tensor.HasRawData => List(raw.Length / 4, at => BinaryPrimitives.ReadSingleLittleEndian(raw.Span[(at * 4)..])),
                TensorTypes.Float => [.. tensor.FloatData.Select(number => (double)number)],
                TensorTypes.Double when tensor.HasRawData => List(raw.Length / 8, at => BinaryPrimitives.ReadDoubleLittleEndian(raw.Span[(at * 8)..])),
                TensorTypes.Double => [.. tensor.DoubleData],
                TensorTypes.Float16 when tensor.HasRawData => List(raw.Length / 2, at => (double)BinaryPrimitives.ReadHalfLittleEndian(raw.Span[(at * 2)..])),
                TensorTypes.Float16 => [.. tensor.Int32Data.Select(bits => (double)BitConverter.UInt16BitsToHalf((ushort)bits))],
                TensorTypes.UInt8 when tensor.HasRawData => List(raw.Length, at => raw.Span[at]),
                TensorTypes.UInt8 => [.. tensor.Int32Data.Select(number => (double)number)],
                _ => throw new NotSupportedException($"Its trees hold a tensor of type {tensor.DataType}."),
            };
    }

    private static double[] List(int count, Func<int, double> at) => [.. Enumerable.Range(0, count).Select(at)];
}
