namespace MlOps.Models;

/// <summary>A part of a form that has been written to a file of ours.</summary>
/// <param name="Part">Name of the part, e.g. <c>baseline</c>.</param>
/// <param name="FileName">What the sender calls it; a leading <c>./</c> is dropped. Never a path of ours.</param>
/// <param name="Path">Where it lies.</param>
/// <param name="Staged">The same bytes in the catalogue already, where they were too many to be copied after the upload; null else.</param>
internal sealed record UploadedFile(string Part, string FileName, string Path, string Sha256, long Size, IStagedFile? Staged = null);
