using MlOps.Deployments;
using MlOps.Models;

namespace MlOps.Projects;

/// <summary>One lifecycle change, kept for ever.</summary>
/// <param name="Actor">The name of the key that asked.</param>
/// <param name="Action">What happened: <c>created</c>, <c>promoted</c>, <c>archived</c>, <c>rolled_back</c>, <c>deactivated</c>, <c>updated</c>, <c>deleted</c>, <c>privacy_weakened</c>, <c>model_registered</c>, <c>model_deleted</c>.</param>
/// <param name="From">The stage before, or the values before; null where there was none.</param>
/// <param name="To">The stage or values after.</param>
[GenerateSerializer, Immutable, Alias("MlOps.TimelineEvent")]
public sealed record TimelineEvent(
    Guid Id,
    DateTimeOffset CreatedAt,
    string Actor,
    string Action,
    DeploymentId? Deployment,
    ModelId? Model,
    string? From,
    string? To);
