using MlOps.Deployments;

namespace MlOps.Drift;

/// <summary>How far the rows of a deployment have moved, in a window of time.</summary>
/// <param name="Since">The window's first instant.</param>
/// <param name="Until">Where it ends: rows of this instant are no longer in it.</param>
[GenerateSerializer, Immutable, Alias("MlOps.DeploymentDrift")]
public sealed record DeploymentDrift(DeploymentId Deployment, DateTimeOffset Since, DateTimeOffset Until, DateTimeOffset ComputedAt, DriftReport Report);
