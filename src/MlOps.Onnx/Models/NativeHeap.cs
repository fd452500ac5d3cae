using System.Runtime.InteropServices;

namespace MlOps.Models;

/// <summary>The C library's heap, where ONNX Runtime keeps what it holds. Only glibc tells of it; elsewhere nothing is known and nothing done.</summary>
internal static class NativeHeap
{
    private const int MostMadeReady = 3 << 20;

    // The allocator gives the free end of an arena back as soon as it is so large, and takes single blocks from there on from the system. By its own bounds,
    // 128 KiB at first, what a load leaves would never be there for the next, nor what has been made ready.
    private const int KeptInAnArena = 4 << 20;

    private static readonly bool Speaks = Probe();
    private static readonly bool Keeps = Speaks && Libc.Tune(Libc.MapThreshold, KeptInAnArena) == 1 && Libc.Tune(Libc.TrimThreshold, KeptInAnArena) == 1;

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

    /// <summary>
    /// Brings in memory that this thread is about to ask for, with one call for all of it. Else each page is brought in when it is first touched, which is most of a
    /// small model's load on machines where that is dear: virtual ones without nested page tables.
    /// </summary>
    /// <param name="bytes">About how much; beyond a few MiB the pages are left to come one by one.</param>
    public static unsafe void MakeReady(long bytes)
    {
        if (!Keeps)
        {
            return;
        }

        // What a thread frees it is given again: the block is not kept, its pages are.
        var size = (nuint)Math.Clamp(bytes, 0, MostMadeReady);
        var block = (nuint)NativeMemory.Alloc(size);
        var page = (nuint)Environment.SystemPageSize;
        var (from, to) = ((block + page - 1) & ~(page - 1), (block + size) & ~(page - 1));
        if (to > from)
        {
            // A kernel that is too old for it refuses, and nothing is lost.
            _ = Libc.Advise((void*)from, to - from, Libc.PopulateForWriting);
        }

        NativeMemory.Free((void*)block);
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
