using System.Collections.Immutable;
using MlOps.Projects;

namespace MlOps.Deployments;

/// <summary>What a command comes to: deployments as they are to be, and what the history says of it. Nothing to put is a no-op.</summary>
/// <param name="Result">The deployment that the command was about, as it is then.</param>
/// <param name="Raised">The deployment that takes production by this, and must be loaded and tried first; null when none does.</param>
/// <param name="Tried">The staging deployment that is loaded and tried first, a new one or one that becomes a canary; what fails is marked. Null when none is.</param>
public sealed record LifecycleDecision(
    Deployment Result,
    Deployment? Raised,
    Deployment? Tried,
    ImmutableArray<Deployment> Put,
    ImmutableArray<DeploymentId> Delete,
    ImmutableArray<TimelineEvent> History,
    ImmutableArray<string> Warnings)
{
    public bool IsChange => !Put.IsEmpty || !Delete.IsEmpty;

    /// <summary>The answer of the change.</summary>
    /// <param name="share">See <see cref="LifecycleOutcome.EffectiveTrafficPercent"/>.</param>
    public LifecycleOutcome Outcome(int share) => new(Result, [.. Warnings], share);

    /// <summary>The project as this leaves it.</summary>
    public ProjectState After(ProjectState before)
    {
        var changed = Put.Select(deployment => deployment.Id).Concat(Delete).ToHashSet();
        var kept = before.Deployments.Where(deployment => !changed.Contains(deployment.Id));
        return before with { Deployments = [.. kept, .. Put.Where(deployment => deployment.Stage != Stage.Archived)] };
    }

    /// <summary>Nothing is to be changed: it is so already.</summary>
    public static LifecycleDecision Already(Deployment deployment) => new(deployment, null, null, [], [], [], []);
}

/// <summary>What came of loading and trying a model before a change.</summary>
/// <param name="Failure">Why it failed; null when it answered.</param>
public sealed record Trial(string? Failure);
