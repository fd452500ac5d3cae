using MlOps.Deployments;
using MlOps.Models;
using MlOps.Predictions;
using MlOps.Projects;

namespace MlOps.InferenceLogs;

/// <summary>A deployment that the log knows. It outlives the deployment itself: what it answered stays readable.</summary>
/// <param name="CountsClasses">Its rows are counted by predicted class, too; false for a regression, and for a classifier of more than <see cref="LogSeries.MostClasses"/> classes.</param>
public sealed record LoggedDeployment(DeploymentId Id, ProjectId Project, ModelId Model, bool CountsClasses);

/// <summary>One item of the log: an answered row, or a refused request.</summary>
public sealed record LogRow
{
    /// <summary>UUIDv7; its milliseconds are the row's time.</summary>
    public required Guid Id { get; init; }

    public required DeploymentId Deployment { get; init; }

    public required ModelId Model { get; init; }

    /// <summary>The id of the request's first row.</summary>
    public required Guid Request { get; init; }

    public required RouteReason Route { get; init; }

    /// <summary>200 for an answered row.</summary>
    public required int StatusCode { get; init; }

    public required long LatencyMicroseconds { get; init; }

    /// <summary>Where the row stands in its journal: rises strictly in the order in which the journal is committed.</summary>
    public required long Sequence { get; init; }

    /// <summary>The caller's own key.</summary>
    public string? ExternalId { get; init; }

    /// <summary>The predicted class, by name; null for a regression and for a refused request.</summary>
    public string? Label { get; init; }

    /// <summary>A regression's prediction or an anomaly's score.</summary>
    public double? Value { get; init; }

    /// <summary>A JSON object in UTF-8, class to probability; null when the model tells none.</summary>
    public ReadOnlyMemory<byte>? Probabilities { get; init; }

    /// <summary>Little-endian 16-bit bins, one for each feature; empty without a baseline.</summary>
    public ReadOnlyMemory<byte> Bins { get; init; }

    /// <summary>The row's JSON in UTF-8 as it was sent: it may hold what no JSON type of a database takes. Null when it is not kept.</summary>
    public ReadOnlyMemory<byte>? Inputs { get; init; }

    /// <summary>Fields at the end of <see cref="Inputs"/> are left out.</summary>
    public bool InputsTruncated { get; init; }

    /// <summary>The inputs are not kept because they would have to be anonymized.</summary>
    public bool Withheld { get; init; }

    /// <summary>Of a refused request.</summary>
    public LogRefusal? Refusal { get; init; }
}

/// <summary>Why a request was refused or failed.</summary>
/// <param name="Rows">Rows of the request; null when that was not known.</param>
public sealed record LogRefusal(string Code, string Detail, int? Rows);

/// <summary>A row with what became known of it later.</summary>
/// <param name="Actual">The winning actual as it was sent, a JSON value in text; null without feedback.</param>
public sealed record LogItem(LogRow Row, string? Actual);
