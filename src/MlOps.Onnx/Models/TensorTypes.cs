using MlOps.Format;

namespace MlOps.Models;

/// <summary>Element types by their numbers in the file, and types as ONNX Runtime prints them.</summary>
internal static class TensorTypes
{
    public const int Float = 1;
    public const int UInt8 = 2;
    public const int Int32 = 6;
    public const int Int64 = 7;
    public const int String = 8;
    public const int Bool = 9;
    public const int Float16 = 10;
    public const int Double = 11;
    public const int BFloat16 = 16;

    /// <summary>The data_location of a tensor whose values lie in another file.</summary>
    public const int External = 1;

    private static readonly string[] Names =
    [
        "undefined", "float", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "double", "uint32", "uint64",
        "complex64", "complex128", "bfloat16", "float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz", "uint4", "int4", "float4e2m1",
    ];

    public static string NameOf(int type) => type >= 0 && type < Names.Length ? Names[type] : "unknown";

    public static string NameOf(TypeProto? type) => type?.ValueCase switch
    {
        TypeProto.ValueOneofCase.TensorType => $"tensor({NameOf(type.TensorType.ElemType)})",
        TypeProto.ValueOneofCase.SparseTensorType => $"sparse_tensor({NameOf(type.SparseTensorType.ElemType)})",
        TypeProto.ValueOneofCase.SequenceType => $"seq({NameOf(type.SequenceType.ElemType)})",
        TypeProto.ValueOneofCase.MapType => $"map({NameOf(type.MapType.KeyType)},{NameOf(type.MapType.ValueType)})",
        TypeProto.ValueOneofCase.OptionalType => $"optional({NameOf(type.OptionalType.ElemType)})",
        _ => "undefined",
    };

    /// <summary>Null for a type that cannot be served.</summary>
    public static ElementType? Served(TypeProto? type) =>
        type?.ValueCase != TypeProto.ValueOneofCase.TensorType ? null : Served(type.TensorType.ElemType);

    public static ElementType? Served(int type) => type switch
    {
        Float => ElementType.Float,
        Int32 => ElementType.Int32,
        Int64 => ElementType.Int64,
        String => ElementType.String,
        Bool => ElementType.Bool,
        Float16 => ElementType.Float16,
        Double => ElementType.Double,
        _ => null,
    };
}
