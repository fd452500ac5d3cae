namespace MlOps.InferenceLogs;

/// <summary>How a journal behaves.</summary>
/// <param name="Durability">When a record counts as written.</param>
/// <param name="MaxBytes">Most bytes that wait for the database.</param>
/// <param name="SegmentBytes">A segment that has grown to so many bytes is followed by another.</param>
/// <param name="BatchBytes">Bytes after which a batch begins no further frame.</param>
/// <param name="KeepCommitted">Time for which committed segments are kept: a database that lost its last moments is filled again from them.</param>
internal sealed record JournalLimits(JournalDurability Durability, long MaxBytes, int SegmentBytes, int BatchBytes, TimeSpan KeepCommitted)
{
    public static JournalLimits Of(InferenceLogOptions options) => new(
        options.Durability, options.MaxJournalBytes, options.SegmentBytes, options.CommitBytes, TimeSpan.FromSeconds(options.KeepCommittedSeconds));
}
