using System.Diagnostics.CodeAnalysis;

namespace MlOps.Projects;

/// <summary>Names a project, and is the key of its grain. A UUID, written with hyphens in lower case.</summary>
[GenerateSerializer, Immutable, Alias("MlOps.ProjectId")]
public readonly record struct ProjectId([property: Id(0)] Guid Value) : IParsable<ProjectId>
{
    /// <summary>A new id: UUIDv7 of <paramref name="now"/>, so that ids sort by creation.</summary>
    public static ProjectId New(DateTimeOffset now) => new(Guid.CreateVersion7(now));

    public static ProjectId Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var id) ? id : throw new FormatException($"'{s}' is not a UUID.");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out ProjectId result)
    {
        var parsed = Guid.TryParseExact(s, "D", out var value);
        result = new(value);
        return parsed;
    }

    public override string ToString() => Value.ToString("D");
}
