namespace MlOps.InferenceLogs;

/// <summary>A place in a journal: before the byte at <paramref name="Offset"/> of a segment. Positions rise; segments are numbered from 1.</summary>
[GenerateSerializer, Immutable, Alias("MlOps.JournalPosition")]
public readonly record struct JournalPosition([property: Id(0)] long Segment, [property: Id(1)] long Offset) : IComparable<JournalPosition>
{
    /// <summary>Before everything.</summary>
    public static JournalPosition Start => default;

    public static bool operator <(JournalPosition left, JournalPosition right) => left.CompareTo(right) < 0;

    public static bool operator >(JournalPosition left, JournalPosition right) => left.CompareTo(right) > 0;

    public static bool operator <=(JournalPosition left, JournalPosition right) => left.CompareTo(right) <= 0;

    public static bool operator >=(JournalPosition left, JournalPosition right) => left.CompareTo(right) >= 0;

    public int CompareTo(JournalPosition other) => Segment != other.Segment ? Segment.CompareTo(other.Segment) : Offset.CompareTo(other.Offset);

    public override string ToString() => $"{Segment}:{Offset}";
}
