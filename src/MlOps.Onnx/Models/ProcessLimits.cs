using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace MlOps.Models;

/// <summary>What the child does to itself before it touches a file.</summary>
internal static class ProcessLimits
{
    private const int ProcessorTime = 0;
    private const int Data = 2;
    private const int CoreDump = 4;
    private const int StandardOutput = 1;
    private const int StandardError = 2;

    /// <summary>Bytes of writable memory that this process has now, by the measure of its limit: used or not; 0 where that cannot be told.</summary>
    public static long Taken =>
        OperatingSystem.IsLinux() && File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith("VmData:", StringComparison.Ordinal)) is { } data
            ? long.Parse(data.AsSpan(7).TrimEnd("kB").Trim(), NumberStyles.None, CultureInfo.InvariantCulture) << 10
            : 0;

    /// <summary>Writable memory and processor time at most so much, and no core dump.</summary>
    public static void Apply(long memoryBytes, double seconds)
    {
        if (OperatingSystem.IsLinux())
        {
            // The data segment, not the address space: .NET reserves far more of that than it ever uses.
            _ = Libc.SetLimit(Data, new Libc.Limit((ulong)memoryBytes));
            _ = Libc.SetLimit(ProcessorTime, new Libc.Limit((ulong)Math.Ceiling(seconds * Environment.ProcessorCount) + 1));
            _ = Libc.SetLimit(CoreDump, new Libc.Limit(0));
        }
    }

    /// <summary>Takes standard output for the answer alone: what native libraries print there goes to standard error from now on.</summary>
    public static Stream TakeStandardOutput()
    {
        var taken = OperatingSystem.IsWindows() ? -1 : Libc.Duplicate(StandardOutput);
        if (taken < 0 || Libc.Duplicate(StandardError, StandardOutput) < 0)
        {
            return Console.OpenStandardOutput();
        }

        return new FileStream(new SafeFileHandle(taken, ownsHandle: true), FileAccess.Write);
    }
}
