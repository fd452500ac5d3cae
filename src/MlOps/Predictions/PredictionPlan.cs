using MlOps.Drift;
using MlOps.Models;

namespace MlOps.Predictions;

/// <summary>A model's signature and baseline, compiled once for the hot path: feature names as UTF-8, bins, class names. Immutable.</summary>
public sealed class PredictionPlan(ModelSignature signature, Baseline? baseline)
{
    public ModelSignature Signature { get; } = signature;

    public Baseline? Baseline { get; } = baseline;

    /// <summary>A batch from the plan's pool; give it back with <see cref="Return"/>.</summary>
    public PredictionBatch Rent() => new(this);

    public void Return(PredictionBatch batch) => batch.Clear();
}
