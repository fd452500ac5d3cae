using MlOps.Contributions;

namespace MlOps.Models;

/// <summary>One session of a file, opened by the first who needs it and closed after the last.</summary>
internal sealed class SharedSession
{
    private readonly Lazy<OnnxSession> session;
    private readonly SessionMemory memory;
    private long bytes;

    /// <param name="cut">Where the graph is to end; null for all of it.</param>
    public SharedSession(string digest, string graphPath, GraphCut? cut, SessionMemory memory)
    {
        Digest = digest;
        this.memory = memory;
        session = new Lazy<OnnxSession>(() => Measured(graphPath, cut));
    }

    public string Digest { get; }

    /// <summary>Bytes of the graph and its external data.</summary>
    public long FileBytes { get; private set; }

    /// <summary>Bytes of memory that the session takes; kept by <see cref="SessionMemory"/>.</summary>
    public long Bytes
    {
        get => Volatile.Read(ref bytes);
        set => Volatile.Write(ref bytes, value);
    }

    /// <summary>Loaded models over the session; guarded by the runtime's lock.</summary>
    public int Shares { get; set; }

    /// <summary>Several may call at once: one opens, the others wait for it outside of any lock of ours.</summary>
    public OnnxSession Open() => session.Value;

    public void Close()
    {
        if (session.IsValueCreated)
        {
            session.Value.Dispose();
            memory.Close(this);
        }
    }

    private OnnxSession Measured(string graphPath, GraphCut? cut)
    {
        OnnxEnvironment.Start();
        FileBytes = OnnxFile.TotalBytes(graphPath);
        NativeHeap.MakeReady(memory.Estimate(FileBytes));
        var opened = false;
        memory.Begin(this);
        try
        {
            var made = cut is null ? OnnxSession.Open(graphPath, FileBytes) : OnnxSession.OpenUpTo(cut, graphPath, FileBytes);
            opened = true;
            return made;
        }
        finally
        {
            memory.End(this, opened);
        }
    }
}
