namespace MlOps.InferenceLogs;

/// <summary>
/// Brings segments to the disk, one flush for everybody who waits. Whoever asks after a frame was appended is answered by a flush that began after it.
/// </summary>
internal sealed class JournalFlush : IDisposable
{
    private readonly Lock gate = new();
    private readonly List<JournalSegment> closed = [];
    private readonly Thread thread;
    private readonly SemaphoreSlim asked = new(0);
    private JournalSegment current;
    private TaskCompletionSource<bool>? waiters;
    private bool stopping;

    public JournalFlush(JournalSegment first)
    {
        current = first;
        thread = new Thread(Work) { IsBackground = true, Name = "journal-flush" };
        thread.Start();
    }

    /// <summary>From now on another segment is written; the one before is flushed once more, then closed.</summary>
    public void Follow(JournalSegment next)
    {
        lock (gate)
        {
            closed.Add(current);
            current = next;
        }
    }

    /// <summary>True when all that was appended before the call is on the disk, false when the disk refused.</summary>
    public Task<bool> Wait()
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(stopping, this);
            if (waiters is null)
            {
                waiters = new(TaskCreationOptions.RunContinuationsAsynchronously);
                asked.Release();
            }

            return waiters.Task;
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            stopping = true;
            asked.Release();
        }

        thread.Join();
        asked.Dispose();
        closed.ForEach(segment => segment.Dispose());
    }

    private void Work()
    {
        while (true)
        {
            asked.Wait();
            TaskCompletionSource<bool>? answered;
            JournalSegment last;
            JournalSegment[] earlier;
            lock (gate)
            {
                (answered, waiters) = (waiters, null);
                (last, earlier) = (current, [.. closed]);
                if (answered is null && stopping)
                {
                    return;
                }
            }

            answered?.SetResult(Flush(earlier, last));
        }
    }

    private bool Flush(JournalSegment[] earlier, JournalSegment last)
    {
        var isKept = true;
        foreach (var segment in earlier)
        {
            isKept &= TryFlush(segment);
            lock (gate)
            {
                closed.Remove(segment);
            }

            segment.Dispose();
        }

        return TryFlush(last) && isKept;
    }

    // What a refused flush has lost nobody knows, and the next one would say that all is well: the segment takes no further frames, and what it still has is not answered.
    private static bool TryFlush(JournalSegment segment)
    {
        try
        {
            if (!segment.IsBroken)
            {
                segment.Flush();
            }
        }
        catch (IOException)
        {
            segment.Break();
        }

        return !segment.IsBroken;
    }
}
