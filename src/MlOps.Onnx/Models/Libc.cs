using System.Runtime.InteropServices;

namespace MlOps.Models;

/// <summary>The calls to the C library that .NET has no word for.</summary>
internal static partial class Libc
{
    /// <summary>M_TRIM_THRESHOLD.</summary>
    public const int TrimThreshold = -1;

    /// <summary>M_MMAP_THRESHOLD.</summary>
    public const int MapThreshold = -3;

    /// <summary>MADV_POPULATE_WRITE; Linux from 5.14 on.</summary>
    public const int PopulateForWriting = 23;

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetEnvironment(string name, string value, int overwrite);

    /// <summary>Gives freed memory back to the system; glibc only.</summary>
    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    public static partial int Trim(nuint pad);

    /// <summary>Sets one of the allocator's parameters; glibc only.</summary>
    [LibraryImport("libc", EntryPoint = "mallopt")]
    public static partial int Tune(int parameter, int value);

    [LibraryImport("libc", EntryPoint = "madvise")]
    public static unsafe partial int Advise(void* address, nuint length, int advice);

    /// <summary>What the allocator holds; glibc from 2.33 on.</summary>
    [LibraryImport("libc", EntryPoint = "mallinfo2")]
    public static partial HeapInfo ReadHeap();

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    public static partial int SetLimit(int resource, in Limit limit);

    [LibraryImport("libc", EntryPoint = "dup", SetLastError = true)]
    public static partial int Duplicate(int descriptor);

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    public static partial int Duplicate(int descriptor, int onto);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Link(string existing, string created);

    /// <summary>struct mallinfo2.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public readonly struct HeapInfo
    {
        private readonly nuint arena;
        private readonly nuint freeChunks;
        private readonly nuint freeFastChunks;
        private readonly nuint mappedRegions;
        private readonly nuint mappedBytes;
        private readonly nuint unused;
        private readonly nuint freeFastBytes;
        private readonly nuint usedBytes;
        private readonly nuint freeBytes;
        private readonly nuint trimmableBytes;

        /// <summary>Bytes that are allocated and not freed, in arenas and in mappings of their own.</summary>
        public long InUse => (long)(usedBytes + mappedBytes);
    }

    /// <summary>struct rlimit of 64-bit systems.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public readonly struct Limit(ulong value)
    {
        public readonly ulong Soft = value;
        public readonly ulong Hard = value;
    }
}
