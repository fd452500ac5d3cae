using System.Collections.Immutable;

namespace MlOps.Models;

/// <summary>What the parent asks of the child: to understand an upload, or to load and run a registered file once.</summary>
/// <param name="Folder">An empty folder of the check's own.</param>
/// <param name="MemoryBytes">All that the child may take; for a job, beside what it has taken when it asks.</param>
/// <param name="Seconds">After so much processor time the child is to be gone, whatever became of its parent.</param>
/// <param name="Signature">Set for a registered file: nothing is to be understood.</param>
internal sealed record CheckRequest(ModelUpload Upload, string Folder, long MemoryBytes, double Seconds, ModelSignature? Signature)
{
    /// <summary>What is done with the file.</summary>
    public CheckWork Work { get; init; } = Signature is null ? CheckWork.Understand : CheckWork.Verify;

    /// <summary>Rows in larger files are left to a job.</summary>
    public long InlineBytes { get; init; } = long.MaxValue;

    /// <summary>Set for a job: memory for what is managed, in bytes; columns lie in the folder, and progress is told.</summary>
    public long? RowsMemoryBytes { get; init; }
}

internal enum CheckWork
{
    /// <summary>Understand the model from its file, metadata and rows.</summary>
    Understand,

    /// <summary>Load and run a registered file once.</summary>
    Verify,

    /// <summary>Freeze the bins of rows for a model whose signature is settled.</summary>
    AddBaseline,
}

/// <summary>What the child answers: the model as understood, or a refusal, or, where neither was to be had, the fault of ours. None of them: all went well.</summary>
internal sealed record CheckAnswer(CheckedModel? Checked, CheckRefusal? Refusal, string? Fault)
{
    public static CheckAnswer Refused(MlOpsException refusal) => new(null, new CheckRefusal(refusal.Code, refusal.Message, refusal.Faults), null);
}

internal sealed record CheckRefusal(ErrorCode Code, string Detail, ImmutableArray<Fault> Faults)
{
    public MlOpsException ToException() => new(Code, Detail, Faults);
}
