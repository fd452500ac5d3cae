using MlOps.Drift;
using MlOps.Predictions;

namespace MlOps.Deployments;

/// <summary>
/// The deployment in the cluster: one identity that holds its stage and epoch, keeps its own silo's replica loaded, and its merged
/// drift histograms.
/// </summary>
[Alias("MlOps.IDeploymentGrain")]
public interface IDeploymentGrain : IGrainWithGuidKey
{
    /// <summary>The deployment as decided and observed; null when there is none.</summary>
    [Alias("Get")]
    Task<Deployment?> Get(CancellationToken cancellation = default);

    /// <summary>Predicts, for callers inside the cluster. HTTP uses the local silo's replica instead.</summary>
    [Alias("Predict")]
    Task<PredictAnswer> Predict(PredictRequest request, CancellationToken cancellation = default);

    /// <summary>Its drift as of all that is committed, over the last hours by <see cref="LookBack"/>, or so many.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.NotFound"/>, or <see cref="ErrorCode.ModelDeleted"/>.</exception>
    [Alias("Drift")]
    Task<DeploymentDrift> Drift(int? windowHours, CancellationToken cancellation = default);

    /// <summary>Tells that the model could (null) or could not be loaded, or keeps overrunning; stored when it changes the status.</summary>
    [Alias("ReportFailure")]
    Task ReportFailure(string? failure, CancellationToken cancellation = default);
}
