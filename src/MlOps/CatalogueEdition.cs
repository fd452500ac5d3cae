namespace MlOps;

/// <summary>
/// Which catalogue something was read from. A restored backup is another edition than the catalogue that it was made from: its epochs begin
/// again where the backup stood, and say nothing about those counted since.
/// </summary>
/// <param name="MadeAt">When the catalogue was opened for the first time, by a program that found it without a row of its own.</param>
[GenerateSerializer, Immutable, Alias("MlOps.CatalogueEdition")]
public sealed record CatalogueEdition(Guid Id, DateTimeOffset MadeAt)
{
    /// <summary>Whether what was read here at <paramref name="epoch"/> is newer than what the other edition held at its epoch.</summary>
    public bool IsNewer(long epoch, CatalogueEdition other, long otherEpoch) =>
        Id == other.Id ? epoch > otherEpoch : (MadeAt, Id).CompareTo((other.MadeAt, other.Id)) > 0;
}
