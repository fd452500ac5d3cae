namespace MlOps.Models;

/// <summary>One session of a file, opened by the first who needs it and closed after the last.</summary>
internal sealed class SharedSession
{
    private readonly Lazy<OnnxSession> session;

    public SharedSession(string digest, string graphPath)
    {
        Digest = digest;
        session = new Lazy<OnnxSession>(() => OnnxSession.Open(graphPath));
    }

    public string Digest { get; }

    /// <summary>Loaded models over the session; guarded by the runtime's lock.</summary>
    public int Shares { get; set; }

    /// <summary>Several may call at once: one opens, the others wait for it outside of any lock of ours.</summary>
    public OnnxSession Open() => session.Value;

    public void Close()
    {
        if (!session.IsValueCreated)
        {
            return;
        }

        session.Value.Dispose();
        if (OperatingSystem.IsLinux())
        {
            // The allocator keeps what the session gave back otherwise.
            _ = Libc.Trim(0);
        }
    }
}
