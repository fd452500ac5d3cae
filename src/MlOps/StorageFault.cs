namespace MlOps;

/// <summary>
/// Tells a disk that is full, read-only or broken from every other failure, by the number that the system gave: these are nobody's mistake in
/// a request, end when space returns or the disk is mended, and mean nothing about a model.
/// </summary>
public static class StorageFault
{
    private const int BrokenLinux = 5;
    private const int FullLinux = 28;
    private const int ReadOnlyLinux = 30;
    private const int QuotaLinux = 122;
    private const int QuotaMac = 69;
    private const int FullWindows = unchecked((int)0x80070070);
    private const int HandleFullWindows = unchecked((int)0x80070027);
    private const int WriteProtectedWindows = unchecked((int)0x80070013);

    private const string Full = "The disk that this server keeps its data on is full. Free space on it, then send the request again: the server goes on by itself. Loaded models are served meanwhile.";
    private const string Unavailable =
        "The server cannot write its data folder: it is read-only, or its disk fails. Make it writable, then send the request again: the server goes on by itself. Loaded models are served meanwhile.";

    /// <summary>The refusal for a failure of the disk; null for any other failure.</summary>
    public static MlOpsException? Of(Exception failure) =>
        IsFull(failure) ? OfFull(failure)
        : failure is UnauthorizedAccessException or IOException { HResult: BrokenLinux or ReadOnlyLinux or WriteProtectedWindows } ? OfUnavailable(failure)
        : null;

    public static bool IsFull(Exception failure) =>
        failure is IOException { HResult: FullLinux or QuotaLinux or QuotaMac or FullWindows or HandleFullWindows };

    public static MlOpsException OfFull(Exception failure) => new(ErrorCode.StorageFull, Full, inner: failure);

    public static MlOpsException OfUnavailable(Exception failure) => new(ErrorCode.StorageUnavailable, Unavailable, inner: failure);

    /// <summary>Whether a refusal is one of these.</summary>
    public static bool IsStorageFault(this MlOpsException refusal) => refusal.Code is ErrorCode.StorageFull or ErrorCode.StorageUnavailable;
}
