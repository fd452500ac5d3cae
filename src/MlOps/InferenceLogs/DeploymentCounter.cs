using MlOps.Drift;
using MlOps.Models;

namespace MlOps.InferenceLogs;

/// <summary>How the answers of one deployment are counted, as far as that is known now.</summary>
public sealed class DeploymentCounter
{
    private readonly Baseline? baseline;

    /// <param name="signature">The model's; null when the model is deleted: rows are logged then, and neither features nor predictions are counted.</param>
    /// <param name="firstAnswers">The deployment's, once they are frozen.</param>
    public DeploymentCounter(LoggedDeployment deployment, ModelSignature? signature, Baseline? baseline, PredictionBins? firstAnswers)
    {
        (Deployment, Signature, this.baseline) = (deployment, signature, baseline);
        AwaitsFirstAnswers = signature is not null && baseline?.Prediction is null && firstAnswers is null;
        Windows = signature is null ? null : new WindowCounter(signature, baseline, firstAnswers);
    }

    public LoggedDeployment Deployment { get; }

    public ModelSignature? Signature { get; }

    /// <summary>Null when the model is deleted.</summary>
    public WindowCounter? Windows { get; }

    /// <summary>Its predictions have nothing to be compared with until enough of them are answered.</summary>
    public bool AwaitsFirstAnswers { get; }

    /// <summary>Whether it can count rows with so many bins each: a model may have been given its baseline since this was made.</summary>
    public bool Counts(int features) => features == 0 || Signature is null || baseline is not null;

    public DeploymentCounter With(PredictionBins firstAnswers) => new(Deployment, Signature, baseline, firstAnswers);
}
