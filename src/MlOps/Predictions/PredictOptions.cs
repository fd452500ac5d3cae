namespace MlOps.Predictions;

/// <summary>The <c>options</c> of a predict call.</summary>
/// <param name="StorePayload">False: the row is logged without its inputs.</param>
/// <param name="Ids">The caller's own keys, one per row; null when none are given.</param>
/// <param name="AnonymizeLogs">Overrides the deployment's setting, to the stricter side only; null when not given.</param>
internal sealed record PredictOptions(bool StorePayload, string[]? Ids, bool? AnonymizeLogs)
{
    public static PredictOptions Default { get; } = new(true, null, null);
}
