namespace MlOps.Models;

/// <summary>A 422 for a file that cannot be served.</summary>
internal static class Refusal
{
    public static MlOpsException Of(string detail, string pointer = "/file", Exception? cause = null) =>
        new(ErrorCode.InvalidModel, detail, [new Fault(pointer, detail)], cause);
}
