using ParquetSharp;

namespace MlOps.Models;

/// <summary>A column as the file's schema has it, taken out of native memory.</summary>
internal sealed class ParquetColumn
{
    public ParquetColumn(ColumnDescriptor descriptor)
    {
        using var path = descriptor.Path;
        var names = path.ToDotVector();
        Name = names[0];
        Physical = descriptor.PhysicalType;
        Length = descriptor.TypeLength;
        DefinitionLevel = descriptor.MaxDefinitionLevel;
        using var logical = descriptor.LogicalType;
        Logical = logical.Type;
        (Scale, Unit, IsUtc, IsUnsigned) = logical switch
        {
            DecimalLogicalType type => (type.Scale, TimeUnit.Unknown, false, false),
            TimestampLogicalType type => (0, type.TimeUnit, type.IsAdjustedToUtc, false),
            TimeLogicalType type => (0, type.TimeUnit, false, false),
            IntLogicalType type => (0, TimeUnit.Unknown, false, !type.IsSigned),
            _ => (0, TimeUnit.Unknown, false, false),
        };
        Refusal = names.Length > 1 || descriptor.MaxRepetitionLevel > 0
            ? $"'{Name}' is a list, map or struct: write each of its values as a column of its own, or leave the column out."
            : IsReadable ? null : $"'{Name}' holds {(Logical is LogicalTypeEnum.None or LogicalTypeEnum.Undefined ? Physical.ToString() : Logical.ToString())} values, which no caller could send: convert the column to text or numbers, or leave it out.";
    }

    public string Name { get; }

    public PhysicalType Physical { get; }

    public LogicalTypeEnum Logical { get; }

    /// <summary>Bytes of a fixed-length value.</summary>
    public int Length { get; }

    /// <summary>0 when every row has a value; else the level of those that are there.</summary>
    public short DefinitionLevel { get; }

    /// <summary>Digits after the point of a decimal.</summary>
    public int Scale { get; }

    public TimeUnit Unit { get; }

    /// <summary>A timestamp is an instant, not a wall clock's.</summary>
    public bool IsUtc { get; }

    public bool IsUnsigned { get; }

    /// <summary>Why its values cannot be cells; null when they can.</summary>
    public string? Refusal { get; }

    private bool IsReadable => Logical == LogicalTypeEnum.Nil || Physical switch
    {
        PhysicalType.Boolean or PhysicalType.Int32 or PhysicalType.Int64 or PhysicalType.Int96 or PhysicalType.Float or PhysicalType.Double => true,
        PhysicalType.ByteArray => Logical is LogicalTypeEnum.String or LogicalTypeEnum.Enum or LogicalTypeEnum.Json or LogicalTypeEnum.Decimal or LogicalTypeEnum.None or LogicalTypeEnum.Undefined,
        PhysicalType.FixedLenByteArray => Logical is LogicalTypeEnum.Decimal or LogicalTypeEnum.Uuid or LogicalTypeEnum.Float16,
        _ => false,
    };
}
