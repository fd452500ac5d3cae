using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MlOps;

/// <summary>
/// Brings to the disk what was written, and says when the disk did not take it: .NET's own flush passes over a refusal. A file that was flushed is found after a power cut only when
/// its folder, which has its name, was flushed too.
/// </summary>
internal static partial class DiskSync
{
    private const int ReadOnly = 0;
    private const int Interrupted = 4;
    private const int Invalid = 22;
    private const int NotSupported = 95;

    /// <exception cref="IOException">The disk did not take it. What of it is there nobody knows, and a second call may say that all is well.</exception>
    public static void Flush(SafeFileHandle file)
    {
        if (OperatingSystem.IsWindows())
        {
            RandomAccess.FlushToDisk(file);
        }
        else
        {
            Synchronize(file, "A file");
        }
    }

    /// <exception cref="IOException">The disk did not take it.</exception>
    public static void FlushNames(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            // Its file systems journal names by themselves, and have no handle to flush a folder by.
            return;
        }

        using var handle = new SafeFileHandle(Open(folder, ReadOnly), ownsHandle: true);
        if (handle.IsInvalid)
        {
            throw Failed(folder);
        }

        Synchronize(handle, folder);
    }

    private static void Synchronize(SafeFileHandle handle, string what)
    {
        while (Synchronize(handle) < 0)
        {
            switch (Marshal.GetLastPInvokeError())
            {
                case Interrupted:
                    continue;
                case Invalid or NotSupported:
                    // The file system keeps nothing back that could be flushed.
                    return;
                default:
                    throw Failed(what);
            }
        }
    }

    private static IOException Failed(string what) =>
        new($"{what}: {Marshal.GetLastPInvokeErrorMessage()}", Marshal.GetLastPInvokeError());

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Synchronize(SafeFileHandle handle);
}
