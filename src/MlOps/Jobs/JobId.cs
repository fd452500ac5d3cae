using System.Diagnostics.CodeAnalysis;

namespace MlOps.Jobs;

/// <summary>Names a job. A UUID, written with hyphens in lower case.</summary>
[GenerateSerializer, Immutable, Alias("MlOps.JobId")]
public readonly record struct JobId([property: Id(0)] Guid Value) : IParsable<JobId>
{
    /// <summary>A new id: UUIDv7 of <paramref name="now"/>, so that ids sort by creation.</summary>
    public static JobId New(DateTimeOffset now) => new(Guid.CreateVersion7(now));

    public static JobId Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var id) ? id : throw new FormatException($"'{s}' is not a UUID.");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out JobId result)
    {
        var parsed = Guid.TryParseExact(s, "D", out var value);
        result = new(value);
        return parsed;
    }

    public override string ToString() => Value.ToString("D");
}
