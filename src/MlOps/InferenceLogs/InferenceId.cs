using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace MlOps.InferenceLogs;

/// <summary>Names an item of the log. A UUIDv7, written with hyphens in lower case.</summary>
public readonly record struct InferenceId(Guid Value) : IParsable<InferenceId>
{
    /// <summary>When the row was answered: milliseconds since 1970, as a UUIDv7 holds them.</summary>
    public long Milliseconds
    {
        get
        {
            Span<byte> bytes = stackalloc byte[16];
            Value.TryWriteBytes(bytes, bigEndian: true, out _);
            return (long)(BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 16);
        }
    }

    public static InferenceId Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var id) ? id : throw new FormatException($"'{s}' is not a UUID.");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out InferenceId result)
    {
        var parsed = Guid.TryParseExact(s, "D", out var value);
        result = new(value);
        return parsed;
    }

    public override string ToString() => Value.ToString("D");
}
