using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace MlOps.Models;

/// <summary>One session in memory, counted by the loaded models over it.</summary>
internal sealed partial class SharedSession(InferenceSession session, OnnxModelRuntime runtime, string digest)
{
    private int shares = 1;

    public InferenceSession Session { get; } = session;

    /// <summary>One more model over the session; false when it is gone already.</summary>
    public bool Share()
    {
        var now = Volatile.Read(ref shares);
        while (now > 0)
        {
            var before = Interlocked.CompareExchange(ref shares, now + 1, now);
            if (before == now)
            {
                return true;
            }

            now = before;
        }

        return false;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref shares) > 0)
        {
            return;
        }

        runtime.Forget(digest, this);
        Session.Dispose();
        if (OperatingSystem.IsLinux())
        {
            // What the session took stays with the allocator otherwise.
            _ = Trim(0);
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint pad);
}
