using System.Collections.Immutable;
using MlOps.Contributions;
using MlOps.Drift;

namespace MlOps.Models;

/// <summary>Checks files outside the serving process, which a hostile or broken one may kill or hang.</summary>
public interface IModelChecker
{
    /// <summary>
    /// Loads the file, runs sample rows, and understands it by the rules of registration. Rows that are too many to be read before an answer
    /// (<see cref="CheckedModel.RowsLater"/>) are only looked into.
    /// </summary>
    /// <exception cref="MlOpsException">A 422 of the catalogue that says what is wrong and what to change.</exception>
    Task<CheckedModel> Check(ModelUpload upload, CancellationToken cancellation);

    /// <summary>
    /// Freezes the bins of rows for a model whose signature is settled. Only baseline, warnings and <see cref="CheckedModel.RowsLater"/> of the answer say something
    /// new; with the latter there is no baseline yet.
    /// </summary>
    /// <exception cref="MlOpsException">A 422 of the catalogue that says what is wrong and what to change.</exception>
    Task<CheckedModel> AddBaseline(ModelUpload upload, ModelSignature signature, CancellationToken cancellation);

    /// <summary>Does what the other two do with all rows, however many: a job's work, that takes minutes and little memory.</summary>
    /// <param name="signature">The settled signature of a model that gets a baseline; null for a model that is understood by it.</param>
    /// <param name="progress">Told the share that is done, from 0 to 1.</param>
    /// <exception cref="MlOpsException">A 422 of the catalogue that says what is wrong and what to change.</exception>
    Task<CheckedModel> ReadWhole(ModelUpload upload, ModelSignature? signature, Action<double> progress, CancellationToken cancellation);

    /// <summary>Loads and runs a registered file once, outside this process: null when that goes well, else what happened.</summary>
    Task<string?> Verify(string graphPath, ModelSignature signature, CancellationToken cancellation);
}

/// <summary>The parts of a registration, as local files.</summary>
/// <param name="Graph">Path of the .onnx file.</param>
/// <param name="ExternalData">Location (the part's file name) → path.</param>
/// <param name="Metadata">The metadata part, JSON text; null when absent.</param>
public sealed record ModelUpload(
    string Graph,
    ImmutableDictionary<string, string> ExternalData,
    string? Baseline,
    string? Reference,
    string? Covers,
    string? Metadata);

/// <summary>What registration found out; part of it is stored, all of it answered.</summary>
/// <param name="ExternalDataLocations">Part file name → location in the graph, where the two differ.</param>
/// <param name="Preview">JSON array of <c>{inputs, prediction, probabilities?}</c>; null without a baseline.</param>
public sealed record CheckedModel(
    ModelSignature Signature,
    Baseline? Baseline,
    ImmutableDictionary<string, string> ExternalDataLocations,
    string ExampleRequest,
    string? Preview,
    ImmutableArray<string> Warnings)
{
    /// <summary>
    /// The rows are too many to be read before the answer: the model was understood from the first of them, without a baseline, and a job reads them all.
    /// </summary>
    public bool RowsLater { get; init; }

    /// <summary>What explaining needs beside the file; null where nothing was found out.</summary>
    public ContributionBasis? Contributions { get; init; }
}
