using System.Collections.Immutable;

namespace MlOps.Models;

/// <summary>What the parent asks of the child: to understand an upload, or to load and run a registered file once.</summary>
/// <param name="Folder">An empty folder of the check's own.</param>
/// <param name="Signature">Set for a registered file: nothing is to be understood.</param>
internal sealed record CheckRequest(ModelUpload Upload, string Folder, long MemoryBytes, ModelSignature? Signature);

/// <summary>What the child answers: the model as understood, or a refusal.</summary>
internal sealed record CheckAnswer(CheckedModel? Checked, CheckRefusal? Refusal);

internal sealed record CheckRefusal(ErrorCode Code, string Detail, ImmutableArray<Fault> Faults);
