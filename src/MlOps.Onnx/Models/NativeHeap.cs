namespace MlOps.Models;

/// <summary>The C library's heap, where ONNX Runtime keeps what it holds. Only glibc tells of it; elsewhere nothing is known and nothing done.</summary>
internal static class NativeHeap
{
    private static readonly bool Speaks = Probe();

    /// <summary>Bytes in use, of the whole process; null where that cannot be told.</summary>
    public static long? InUse => Speaks ? Libc.ReadHeap().InUse : null;

    /// <summary>Gives what has been freed back to the system: the allocator keeps it otherwise. Takes milliseconds, in which others may wait for memory.</summary>
    public static void GiveBack()
    {
        if (Speaks)
        {
            _ = Libc.Trim(0);
        }
    }

    private static bool Probe()
    {
        try
        {
            return OperatingSystem.IsLinux() && Libc.ReadHeap().InUse > 0;
        }
        catch (Exception absent) when (absent is EntryPointNotFoundException or DllNotFoundException)
        {
            return false;
        }
    }
}
