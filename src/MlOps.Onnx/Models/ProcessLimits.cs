using System.Runtime.InteropServices;

namespace MlOps.Models;

/// <summary>Limits that the child puts on itself before it touches a file.</summary>
internal static partial class ProcessLimits
{
    private const int Data = 2;
    private const int Core = 4;
    private const int ParentDeathSignal = 1;
    private const int Kill = 9;

    /// <summary>Writable memory at most so many bytes, no core dump, and death with the parent.</summary>
    public static void Apply(long memoryBytes)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        // The data segment, not the address space: .NET reserves far more of that than it ever uses.
        _ = SetLimit(Data, new Limit((ulong)memoryBytes, (ulong)memoryBytes));
        _ = SetLimit(Core, default);
        _ = Control(ParentDeathSignal, Kill, 0, 0, 0);
    }

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, in Limit limit);

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Control(int option, nuint a, nuint b, nuint c, nuint d);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Limit(ulong soft, ulong hard)
    {
        private readonly ulong soft = soft;
        private readonly ulong hard = hard;
    }
}
