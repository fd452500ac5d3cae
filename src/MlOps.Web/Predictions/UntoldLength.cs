using Microsoft.AspNetCore.Http;

namespace MlOps.Predictions;

/// <summary>Admits the bytes of a body whose length its head does not tell, as they come.</summary>
internal sealed class UntoldLength : IDisposable
{
    private readonly Admission admission;
    private long held;

    private UntoldLength(Admission admission) => this.admission = admission;

    /// <summary>Null when the length is told, and was admitted with the request.</summary>
    public static UntoldLength? Of(HttpRequest request, Admission admission) => request.ContentLength is null ? new(admission) : null;

    /// <param name="size">Bytes that the body is about to take in all.</param>
    public void Grow(int size)
    {
        admission.Grow(size - held);
        held = size;
    }

    public void Dispose() => admission.Shrink(held);
}
