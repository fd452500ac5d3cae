using System.Collections.Immutable;
using MlOps.Contributions;
using MlOps.Drift;
using MlOps.Jobs;
using MlOps.Projects;

namespace MlOps.Models;

/// <summary>What a part of a model is.</summary>
public enum PartKind
{
    /// <summary>The .onnx file.</summary>
    Graph,

    /// <summary>External data; the name is the location in the graph.</summary>
    ExternalData,
    Baseline,
    Reference,

    /// <summary>XGBoost's JSON dump with stats.</summary>
    Covers,
}

/// <summary>One file of a model, kept once however many models share it.</summary>
/// <param name="Sha256">64 hex digits in lower case.</param>
/// <param name="Size">Bytes.</param>
public sealed record ModelPart(PartKind Kind, string Name, string Sha256, long Size);

/// <summary>A model as registered: its files, and how they were understood.</summary>
/// <param name="Digest">SHA-256 over graph and external data: the identity of what is served.</param>
/// <param name="Algo">What the owner calls the algorithm, e.g. GBM; <c>StackedEnsemble</c> has no contributions.</param>
/// <param name="Metadata">The metadata part as it came, a JSON object; unknown keys are kept.</param>
/// <param name="Metrics">The owner's metrics, a JSON object.</param>
/// <param name="Baseline">The frozen bins; null without a baseline.</param>
/// <param name="ExampleRequest">A body for predict that works, JSON.</param>
/// <param name="Preview">Three baseline rows and their predictions, a JSON array; null without a baseline.</param>
public sealed record RegisteredModel(
    ModelId Id,
    ProjectId Project,
    string Name,
    string Algo,
    string Digest,
    ImmutableArray<ModelPart> Parts,
    ModelSignature Signature,
    Baseline? Baseline,
    string Metadata,
    string Metrics,
    string ExampleRequest,
    string? Preview,
    ImmutableArray<string> Warnings,
    DateTimeOffset CreatedAt)
{
    /// <summary>The last job that read rows for a baseline; null when none did.</summary>
    public Job? BaselineJob { get; init; }

    /// <summary>How it is explained; null for a model that was registered before that was found out.</summary>
    public ContributionSummary? Contributions { get; init; }

    /// <summary>What explaining it needs: set when it has just been found out, and stored then. <see cref="IModelStore.ReadBasis"/> reads it again.</summary>
    public ContributionBasis? Basis { get; init; }

    public BaselineStatus BaselineStatus =>
        Baseline is not null ? BaselineStatus.Ready
        : BaselineJob is null ? BaselineStatus.None
        : BaselineJob.IsUnderWay ? BaselineStatus.Processing
        : BaselineJob.Status == JobStatus.Failed ? BaselineStatus.Failed
        : BaselineStatus.None;

    /// <summary>Refuses to serve a model whose bins are still being frozen: what it is asked until then would be in no drift.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.BaselineNotReady"/>.</exception>
    public void MustBeReady()
    {
        if (BaselineStatus == BaselineStatus.Processing)
        {
            throw new MlOpsException(
                ErrorCode.BaselineNotReady,
                $"The baseline of the model '{Name}' is still being processed by the job {BaselineJob!.Id}: GET /api/jobs/{BaselineJob.Id} tells how far it is. Deploy the model when the job has ended.");
        }
    }
}

/// <summary>What there is of a model's baseline.</summary>
public enum BaselineStatus
{
    None,

    /// <summary>A job freezes its bins; meanwhile the model is not deployed.</summary>
    Processing,
    Ready,

    /// <summary>The job failed and says why; the model is one without a baseline, and may be given another.</summary>
    Failed,
}

/// <summary>A model as lists show it.</summary>
public sealed record ModelListing(RegisteredModel Model, string ProjectName, bool IsProduction, bool IsStaging);
