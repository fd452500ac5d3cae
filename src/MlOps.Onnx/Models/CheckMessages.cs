using System.Collections.Immutable;

namespace MlOps.Models;

/// <summary>What the parent asks of the child: to understand an upload, or to load and run a registered file once.</summary>
/// <param name="Folder">An empty folder of the check's own.</param>
/// <param name="Seconds">After so much processor time the child is to be gone, whatever became of its parent.</param>
/// <param name="Signature">Set for a registered file: nothing is to be understood.</param>
internal sealed record CheckRequest(ModelUpload Upload, string Folder, long MemoryBytes, double Seconds, ModelSignature? Signature);

/// <summary>What the child answers: the model as understood, or a refusal, or, where neither was to be had, the fault of ours. None of them: all went well.</summary>
internal sealed record CheckAnswer(CheckedModel? Checked, CheckRefusal? Refusal, string? Fault)
{
    public static CheckAnswer Refused(MlOpsException refusal) => new(null, new CheckRefusal(refusal.Code, refusal.Message, refusal.Faults), null);
}

internal sealed record CheckRefusal(ErrorCode Code, string Detail, ImmutableArray<Fault> Faults)
{
    public MlOpsException ToException() => new(Code, Detail, Faults);
}
