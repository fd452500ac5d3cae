using MlOps.Format;

namespace MlOps.Models;

/// <summary>The numbers that ONNX gives element types.</summary>
internal static class TensorTypes
{
    public const int Float = 1;
    public const int Int32 = 6;
    public const int Int64 = 7;
    public const int Text = 8;
    public const int Bool = 9;
    public const int Float16 = 10;
    public const int Double = 11;
    public const int BFloat16 = 16;

    private static readonly string[] Names =
        ["undefined", "float", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "double", "uint32", "uint64", "complex64", "complex128", "bfloat16"];

    public static ElementType? Element(int type) => type switch
    {
        Float => ElementType.Float,
        Int32 => ElementType.Int32,
        Int64 => ElementType.Int64,
        Text => ElementType.String,
        Bool => ElementType.Bool,
        Float16 => ElementType.Float16,
        Double => ElementType.Double,
        _ => null,
    };

    public static string Name(int type) => type >= 0 && type < Names.Length ? Names[type] : $"type {type}";

    /// <summary>The type as people write it, e.g. <c>seq(map(string, tensor(float)))</c>.</summary>
    public static string Name(TypeProto? type) => type?.ValueCase switch
    {
        TypeProto.ValueOneofCase.TensorType => $"tensor({Name(type.TensorType.ElemType)})",
        TypeProto.ValueOneofCase.SequenceType => $"sequence({Name(type.SequenceType.ElemType)})",
        TypeProto.ValueOneofCase.MapType => $"map({Name(type.MapType.KeyType)}, {Name(type.MapType.ValueType)})",
        TypeProto.ValueOneofCase.OptionalType => $"optional({Name(type.OptionalType.ElemType)})",
        TypeProto.ValueOneofCase.SparseTensorType => $"sparse_tensor({Name(type.SparseTensorType.ElemType)})",
        _ => "no type",
    };
}
