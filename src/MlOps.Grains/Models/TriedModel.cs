using MlOps.Predictions;

namespace MlOps.Models;

/// <summary>A model in memory that has answered. Its file stays on disk for as long: weights beside the graph may be read from there.</summary>
internal sealed class TriedModel(
    RegisteredModel model, ILoadedModel loaded, PredictionPlan plan, RunCost cost, ModelExplainer explainer, long planBytes, IDisposable file) : IDisposable
{
    public RegisteredModel Model { get; } = model;

    public ILoadedModel Loaded { get; } = loaded;

    public PredictionPlan Plan { get; } = plan;

    public RunCost Cost { get; } = cost;

    public ModelExplainer Explainer { get; } = explainer;

    /// <summary>Bytes that only this model takes, now: its plan, and what waits for the next request.</summary>
    public long OwnBytes => planBytes + Plan.PooledBytes + Loaded.OwnBytes + Explainer.Bytes;

    public void Dispose()
    {
        Explainer.Dispose();
        Loaded.Dispose();
        file.Dispose();
    }
}
