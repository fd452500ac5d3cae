using System.Collections.Immutable;
using MlOps.Drift;
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
    DateTimeOffset CreatedAt);

/// <summary>A model as lists show it.</summary>
public sealed record ModelListing(RegisteredModel Model, string ProjectName, bool IsProduction, bool IsStaging);
