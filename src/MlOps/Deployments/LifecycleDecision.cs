using System.Collections.Immutable;
using MlOps.Projects;

namespace MlOps.Deployments;

/// <summary>What a command comes to: deployments as they are to be, and what the history says of it. Nothing to put is a no-op.</summary>
/// <param name="Result">The deployment that the command was about, as it is then.</param>
/// <param name="Raised">The deployment that takes production by this, and must be loaded and tried first; null when none does.</param>
public sealed record LifecycleDecision(
    Deployment Result,
    Deployment? Raised,
    ImmutableArray<Deployment> Put,
    ImmutableArray<DeploymentId> Delete,
    ImmutableArray<TimelineEvent> History,
    ImmutableArray<string> Warnings)
{
    public bool IsChange => !Put.IsEmpty || !Delete.IsEmpty;

    public LifecycleOutcome Outcome => new(Result, [.. Warnings]);

    /// <summary>Nothing is to be changed: it is so already.</summary>
    public static LifecycleDecision Already(Deployment deployment) => new(deployment, null, [], [], [], []);
}
