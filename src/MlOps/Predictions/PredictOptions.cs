using MlOps.Contributions;

namespace MlOps.Predictions;

/// <summary>The <c>options</c> of a predict call.</summary>
/// <param name="StorePayload">False: the row is logged without its inputs.</param>
/// <param name="Ids">The caller's own keys, one per row; null when none are given.</param>
/// <param name="AnonymizeLogs">Overrides the deployment's setting, to the stricter side only; null when not given.</param>
/// <param name="Contributions">How contributions are answered; null when they are not asked for.</param>
internal sealed record PredictOptions(bool StorePayload, string[]? Ids, bool? AnonymizeLogs, ContributionChoice? Contributions)
{
    public static PredictOptions Default { get; } = new(true, null, null, null);
}
