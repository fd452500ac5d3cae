using MlOps.Deployments;
using MlOps.InferenceLogs;
using MlOps.Models;

namespace MlOps.Drift;

/// <summary>
/// A deployment's live drift. Its hours are kept merged, and read again only when a journal has moved since, so an answer is never older than what is committed.
/// Not for several callers at once.
/// </summary>
public sealed class DriftView(DeploymentId deployment, IInferenceReader reader, IInferenceStore log)
{
    private MergedHours hours = MergedHours.None;
    private PredictionBins? firstAnswers;

    /// <param name="model">The deployment's.</param>
    /// <param name="windowHours">The caller's choice; null for the rule of <see cref="LookBack"/>.</param>
    public async Task<DeploymentDrift> Report(RegisteredModel model, int? windowHours, DateTimeOffset now, CancellationToken cancellation)
    {
        var current = UtcHour.Of(now);
        await Refresh(current.Plus(1 - LookBack.MostHours), current.Plus(1), cancellation);
        if (model.Baseline?.Prediction is null)
        {
            // Frozen for good, once they are.
            firstAnswers ??= await log.FirstAnswers(deployment, cancellation);
        }

        var window = LookBack.Choose(current, windowHours, model.Baseline, new WindowCounts(model.Signature.Features.Length), hours.NewestFirst);
        var report = DriftReport.Of(model.Signature, model.Baseline, firstAnswers, window.Counts);
        return new DeploymentDrift(deployment, window.Since.Start, window.Until.Start, now, report);
    }

    private async Task Refresh(UtcHour since, UtcHour until, CancellationToken cancellation)
    {
        var positions = await reader.Positions(cancellation);
        if (!hours.IsCurrent(positions, since, until))
        {
            hours = MergedHours.Of(positions, since, until, await reader.Drift(deployment, since, until, cancellation));
        }
    }
}
