using System.Collections.Immutable;
using System.Runtime.InteropServices;
using MlOps.Format;

namespace MlOps.Models;

/// <summary>The values of a constant in a file, as far as labels need them.</summary>
internal static class TensorValues
{
    /// <summary>Texts or whole numbers; default for anything else, or data outside the file.</summary>
    public static ImmutableArray<Scalar> Labels(TensorProto tensor) => tensor.DataType switch
    {
        TensorTypes.Text => [.. tensor.StringData.Select(text => Scalar.Of(text.ToStringUtf8()))],
        TensorTypes.Int64 when tensor.Int64Data.Count > 0 => [.. tensor.Int64Data.Select(Scalar.Of)],
        TensorTypes.Int64 when tensor.HasRawData => [.. MemoryMarshal.Cast<byte, long>(tensor.RawData.Span).ToArray().Select(Scalar.Of)],
        TensorTypes.Int32 when tensor.Int32Data.Count > 0 => [.. tensor.Int32Data.Select(value => Scalar.Of((long)value))],
        TensorTypes.Int32 when tensor.HasRawData => [.. MemoryMarshal.Cast<byte, int>(tensor.RawData.Span).ToArray().Select(value => Scalar.Of((long)value))],
        TensorTypes.Bool when tensor.Int32Data.Count > 0 => [.. tensor.Int32Data.Select(value => Scalar.Of((long)value))],
        _ => default,
    };
}
