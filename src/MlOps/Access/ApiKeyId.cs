using System.Diagnostics.CodeAnalysis;

namespace MlOps.Access;

/// <summary>Names an API key in lists and logs; it is no secret. A UUID, written with hyphens in lower case.</summary>
[GenerateSerializer, Immutable, Alias("MlOps.ApiKeyId")]
public readonly record struct ApiKeyId([property: Id(0)] Guid Value) : IParsable<ApiKeyId>
{
    /// <summary>A new id: UUIDv7 of <paramref name="now"/>, so that ids sort by creation.</summary>
    public static ApiKeyId New(DateTimeOffset now) => new(Guid.CreateVersion7(now));

    public static ApiKeyId Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var id) ? id : throw new FormatException($"'{s}' is not a UUID.");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out ApiKeyId result)
    {
        var parsed = Guid.TryParseExact(s, "D", out var value);
        result = new(value);
        return parsed;
    }

    public override string ToString() => Value.ToString("D");
}
