namespace MlOps.InferenceLogs;

/// <summary>Keeps committed segments for a while, and then deletes them.</summary>
internal sealed class JournalRetention(string folder, TimeSpan keep, TimeProvider time)
{
    private readonly Queue<(long Before, long Since)> passed = new();

    /// <summary>The database has everything before this place. Called by one thread at a time.</summary>
    public void Passed(JournalPosition upTo)
    {
        // A database that was set back may need again what it had.
        if (passed.Count > 0 && passed.Last().Before > upTo.Segment)
        {
            passed.Clear();
        }

        if (passed.Count == 0 || passed.Last().Before < upTo.Segment)
        {
            passed.Enqueue((upTo.Segment, time.GetTimestamp()));
        }

        while (passed.TryPeek(out var oldest) && time.GetElapsedTime(oldest.Since) >= keep)
        {
            passed.Dequeue();
            foreach (var number in JournalSegment.In(folder).TakeWhile(number => number < oldest.Before))
            {
                File.Delete(JournalSegment.PathOf(folder, number));
            }
        }
    }
}
