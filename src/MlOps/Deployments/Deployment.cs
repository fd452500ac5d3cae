using MlOps.Models;
using MlOps.Projects;

namespace MlOps.Deployments;

/// <summary>What was asked for: the settings of a deployment that its owner chooses.</summary>
/// <param name="TrafficPercent">1–100; routes only for a canary.</param>
/// <param name="Canary">Whether it takes this share of the project's address; in staging only.</param>
/// <param name="Config">Further keys of the request's <c>config</c> as a JSON object, kept and echoed; null when there are none.</param>
[GenerateSerializer, Immutable, Alias("MlOps.DeploymentSpec")]
public sealed record DeploymentSpec(ModelId Model, string Name, int TrafficPercent, bool Canary, PrivacySettings Privacy, string? Config);

/// <summary>How the inputs of a deployment are to be protected (contract §9).</summary>
/// <param name="ColumnMap">Feature name → PII type, as a JSON object; null when none is given.</param>
[GenerateSerializer, Immutable, Alias("MlOps.PrivacySettings")]
public sealed record PrivacySettings(string? PolicyId, bool? AnonymizeLogs, bool? AnonymizeResponse, string? ColumnMap, double? Threshold)
{
    public static PrivacySettings None { get; } = new(null, null, null, null, null);
}

/// <summary>What was decided: one addressable model with its stage.</summary>
/// <param name="ModelName">Kept with the deployment, because an archived one outlives its model.</param>
/// <param name="Failure">Why the model could not be loaded when it was last tried; null when it could.</param>
[GenerateSerializer, Immutable, Alias("MlOps.Deployment")]
public sealed record Deployment(
    DeploymentId Id,
    ProjectId Project,
    DeploymentSpec Spec,
    Stage Stage,
    string ModelName,
    string ModelAlgo,
    string? Failure,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt)
{
    public DeploymentStatus Status =>
        Stage == Stage.Archived ? DeploymentStatus.Inactive : Failure is null ? DeploymentStatus.Active : DeploymentStatus.Failed;
}

/// <summary>What is observed of a deployment.</summary>
public enum DeploymentStatus
{
    /// <summary>Serves predictions.</summary>
    Active = 0,

    /// <summary>Archived.</summary>
    Inactive = 1,

    /// <summary>Its model could not be loaded.</summary>
    Failed = 2,
}

/// <summary>A value that a PATCH may leave as it is, or set, null included.</summary>
[GenerateSerializer, Immutable, Alias("MlOps.Change`1")]
public readonly record struct Change<T>([property: Id(0)] bool IsSet, [property: Id(1)] T? Value)
{
    public T? Or(T? unchanged) => IsSet ? Value : unchanged;
}

/// <summary>The fields of a PATCH; what is not set stays, null resets to the default.</summary>
[GenerateSerializer, Immutable, Alias("MlOps.DeploymentPatch")]
public sealed record DeploymentPatch(
    Change<string> Name,
    Change<int?> TrafficPercent,
    Change<bool?> Canary,
    Change<string> PrivacyPolicyId,
    Change<bool?> AnonymizeLogs,
    Change<bool?> AnonymizeResponse,
    Change<string> ColumnMap,
    Change<double?> Threshold);

/// <summary>Where a rollback goes: an archived deployment, a model, or both when they agree.</summary>
[GenerateSerializer, Immutable, Alias("MlOps.RollbackTarget")]
public sealed record RollbackTarget(DeploymentId? Deployment, ModelId? Model);

/// <summary>What a lifecycle change came to.</summary>
/// <param name="Deployment">The deployment that the change was about, as it is now.</param>
/// <param name="Warnings">What the caller should know; empty when nothing.</param>
/// <param name="EffectiveTrafficPercent">The share of the project's address that the deployment gets by the change.</param>
[GenerateSerializer, Immutable, Alias("MlOps.LifecycleOutcome")]
public sealed record LifecycleOutcome(Deployment Deployment, string[] Warnings, int EffectiveTrafficPercent);
