namespace MlOps.Models;

/// <summary>
/// What sessions take of the C heap: the growth while they are opened. One that opens alone is measured by itself; those that open at the same time share
/// what they took together, by the sizes of their files, as soon as the last of them is open.
/// </summary>
/// <param name="heap">Bytes in use on the heap; null where that cannot be told, and what models take is estimated from their files.</param>
internal sealed class SessionMemory(Func<long?> heap)
{
    // Trees take six times their file, weights a little more than once; the first measurements soon outweigh the guess.
    private const long GuessedFile = 1 << 20;
    private const long GuessedTake = 6 << 20;

    private readonly Lock gate = new();
    private readonly List<SharedSession> opening = [];
    private long? before;
    private int open;
    private long taken;
    private long returned;
    private long? empty;
    private long measuredFiles = GuessedFile;
    private long measuredTake = GuessedTake;

    /// <summary>What a file of so many bytes is expected to take.</summary>
    public long Estimate(long fileBytes)
    {
        lock (gate)
        {
            return Guess(fileBytes);
        }
    }

    /// <summary>How much more of the heap is in use than without any session; 0 where that cannot be told.</summary>
    public long Growth
    {
        get
        {
            lock (gate)
            {
                return empty is { } without && heap() is { } now ? Math.Max(0, now - without) : 0;
            }
        }
    }

    /// <summary>A session is about to be opened.</summary>
    public void Begin(SharedSession session)
    {
        lock (gate)
        {
            if (open++ == 0)
            {
                (before, returned) = (heap(), 0);
                if (taken == 0)
                {
                    empty = before;
                }
            }

            Count(session, Guess(session.FileBytes));
            opening.Add(session);
        }
    }

    /// <summary>A session has been opened, or could not be.</summary>
    public void End(SharedSession session, bool opened)
    {
        lock (gate)
        {
            if (!opened)
            {
                Forget(session);
            }

            if (--open > 0)
            {
                return;
            }

            Share(before is { } start && heap() is { } now ? now - start + returned : 0);
            opening.Clear();
        }
    }

    /// <summary>A session has been closed.</summary>
    public void Close(SharedSession session)
    {
        lock (gate)
        {
            returned += session.Bytes;
            Forget(session);
        }
    }

    private void Share(long took)
    {
        var files = opening.Sum(session => session.FileBytes);
        if (took <= 0 || files == 0)
        {
            return;
        }

        measuredFiles += files;
        measuredTake += took;
        foreach (var session in opening)
        {
            Count(session, (long)((double)took * session.FileBytes / files));
        }
    }

    private long Guess(long fileBytes) => (long)((double)fileBytes * measuredTake / measuredFiles);

    private void Forget(SharedSession session)
    {
        opening.Remove(session);
        Count(session, 0);
    }

    private void Count(SharedSession session, long bytes)
    {
        taken += bytes - session.Bytes;
        session.Bytes = bytes;
    }
}
