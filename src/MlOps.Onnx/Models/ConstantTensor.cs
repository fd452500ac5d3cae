using System.Buffers.Binary;
using System.Collections.Immutable;
using MlOps.Format;

namespace MlOps.Models;

/// <summary>Reads the values of small constants, label lists above all.</summary>
internal static class ConstantTensor
{
    // More classes than anyone names; a list beyond it is no list of labels.
    private const int MostValues = 100_000;

    /// <summary>The values behind a graph value that is an initializer or a Constant node; default when it is neither, or of a type that no label has.</summary>
    public static ImmutableArray<Scalar> Read(GraphValue value)
    {
        if (value.Initializer is { } initializer)
        {
            return Read(initializer);
        }

        if (value.Node is not { } node || !node.Is("", "Constant"))
        {
            return default;
        }

        return node.Attribute.FirstOrDefault() switch
        {
            { Name: "value", T: { } tensor } => Read(tensor),
            { Name: "value_int" } one => [Scalar.Of(one.I)],
            { Name: "value_ints" } many => [.. many.Ints.Select(Scalar.Of)],
            { Name: "value_string" } one => [Scalar.Of(one.S.ToStringUtf8())],
            { Name: "value_strings" } many => [.. many.Strings.Select(text => Scalar.Of(text.ToStringUtf8()))],
            { Name: "value_float" } one => [Scalar.Of((double)one.F)],
            { Name: "value_floats" } many => [.. many.Floats.Select(number => Scalar.Of((double)number))],
            _ => default,
        };
    }

    private static ImmutableArray<Scalar> Read(TensorProto tensor)
    {
        if (tensor.DataLocation == TensorTypes.External)
        {
            return default;
        }

        var raw = tensor.RawData.Memory;
        return tensor.DataType switch
        {
            TensorTypes.String => List(tensor.StringData.Count, i => Scalar.Of(tensor.StringData[i].ToStringUtf8())),
            TensorTypes.Int64 => tensor.HasRawData
                ? List(raw.Length / 8, i => Scalar.Of(BinaryPrimitives.ReadInt64LittleEndian(raw.Span[(i * 8)..])))
                : List(tensor.Int64Data.Count, i => Scalar.Of(tensor.Int64Data[i])),
            TensorTypes.Int32 => tensor.HasRawData
                ? List(raw.Length / 4, i => Scalar.Of((long)BinaryPrimitives.ReadInt32LittleEndian(raw.Span[(i * 4)..])))
                : List(tensor.Int32Data.Count, i => Scalar.Of((long)tensor.Int32Data[i])),
            TensorTypes.Bool => tensor.HasRawData
                ? List(raw.Length, i => Scalar.Of(raw.Span[i] != 0))
                : List(tensor.Int32Data.Count, i => Scalar.Of(tensor.Int32Data[i] != 0)),
            TensorTypes.Float => tensor.HasRawData
                ? List(raw.Length / 4, i => Scalar.Of((double)BinaryPrimitives.ReadSingleLittleEndian(raw.Span[(i * 4)..])))
                : List(tensor.FloatData.Count, i => Scalar.Of((double)tensor.FloatData[i])),
            TensorTypes.Double => tensor.HasRawData
                ? List(raw.Length / 8, i => Scalar.Of(BinaryPrimitives.ReadDoubleLittleEndian(raw.Span[(i * 8)..])))
                : List(tensor.DoubleData.Count, i => Scalar.Of(tensor.DoubleData[i])),
            _ => default,
        };
    }

    private static ImmutableArray<Scalar> List(int count, Func<int, Scalar> at) =>
        count is 0 or > MostValues ? default : [.. Enumerable.Range(0, count).Select(at)];
}
