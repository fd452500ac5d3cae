using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using MlOps.Deployments;
using MlOps.Predictions;

namespace MlOps.Drift;

/// <summary>
/// The drift of the deployments that this silo answers for, as it was computed last: who reads the metrics makes nobody compute. A deployment has these series while it
/// has those of its requests.
/// </summary>
internal sealed class DriftInstruments
{
    private readonly ConcurrentDictionary<DeploymentId, Indices> told = new();
    private readonly PredictionInstruments predictions;

    public DriftInstruments(DeploymentMeter byDeployment, PredictionInstruments predictions)
    {
        this.predictions = predictions;
        byDeployment.Declare(gauges => gauges.CreateObservableGauge(
            PredictionInstruments.Drift, Observe, null, "Population stability index of a deployment, of what has enough data: mean and max over its features, and of its predictions."));
    }

    public void Tell(DeploymentId deployment, DriftReport report) => told[deployment] = new Indices(
        deployment.ToString(), report.MeanPsi, report.MaxPsi, report.Prediction.Index is { Status: not DriftStatus.InsufficientData } index ? index.Value : null);

    public void Forget(DeploymentId deployment) => told.TryRemove(deployment, out _);

    private IEnumerable<Measurement<double>> Observe()
    {
        foreach (var id in predictions.Rows.Keys)
        {
            if (told.TryGetValue(id, out var indices))
            {
                foreach (var (of, psi) in indices.Known)
                {
                    yield return new Measurement<double>(psi, new("deployment", indices.Deployment), new("of", of));
                }
            }
        }
    }

    private sealed record Indices(string Deployment, double? Mean, double? Max, double? Prediction)
    {
        public IEnumerable<(string Of, double Psi)> Known
        {
            get
            {
                if (Mean is { } mean)
                {
                    yield return ("mean", mean);
                }

                if (Max is { } max)
                {
                    yield return ("max", max);
                }

                if (Prediction is { } prediction)
                {
                    yield return ("prediction", prediction);
                }
            }
        }
    }
}
