namespace MlOps.InferenceLogs;

/// <summary>How a journal's folder was found at start, beside what the database says of it.</summary>
/// <param name="Next">Number of the segment to open: past the last file and past the database, which after a crash of the machine may be ahead.</param>
/// <param name="From">Where reading begins.</param>
/// <param name="Waiting">Bytes of frames from there on.</param>
/// <param name="Finding">What is unusual about it.</param>
internal sealed record JournalOpening(long Next, JournalPosition From, long Waiting, JournalFinding Finding)
{
    public static JournalOpening Of(string folder, JournalPosition committed)
    {
        var segments = JournalSegment.In(folder);
        var last = segments.Count == 0 ? 0 : segments[^1];
        var next = Math.Max(last, committed.Segment) + 1;
        var first = segments.Count == 0 ? next : segments[0];
        if (last < committed.Segment)
        {
            return new JournalOpening(next, new JournalPosition(next, 0), 0, JournalFinding.DatabaseAhead);
        }

        var from = committed.Segment < first ? new JournalPosition(first, 0) : committed;
        var waiting = segments
            .Where(number => number >= from.Segment)
            .Sum(number => Math.Max(0, Length(folder, number) - Math.Max(JournalSegment.HeadBytes, number == from.Segment ? from.Offset : 0)));
        var finding = committed.Segment < first && first > 1 ? JournalFinding.DatabaseBehind
            : segments.Contains(committed.Segment) && Length(folder, committed.Segment) < committed.Offset ? JournalFinding.DatabaseAhead
            : JournalFinding.Usual;
        return new JournalOpening(next, from, waiting, finding);
    }

    private static long Length(string folder, long segment) => new FileInfo(JournalSegment.PathOf(folder, segment)).Length;
}

internal enum JournalFinding
{
    Usual,

    /// <summary>The database has more of the journal than the folder: the machine crashed, and its last moments were not on the disk.</summary>
    DatabaseAhead,

    /// <summary>The database lacks what the folder does not keep any more: it was restored from an old backup. Rows are missing.</summary>
    DatabaseBehind,
}
