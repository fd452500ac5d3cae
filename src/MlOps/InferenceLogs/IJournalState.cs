namespace MlOps.InferenceLogs;

/// <summary>How this silo's journal and its commits are doing.</summary>
public interface IJournalState
{
    /// <summary>Bytes that the database does not have yet.</summary>
    long WaitingBytes { get; }

    /// <summary>At most so old is the oldest record that the database does not have.</summary>
    TimeSpan OldestWaiting { get; }

    /// <summary>Rows committed since the process started.</summary>
    long CommittedRows { get; }

    /// <summary>Transactions committed.</summary>
    long Commits { get; }

    /// <summary>How long the last one took.</summary>
    TimeSpan LastCommit { get; }

    /// <summary>Rows that the database did not take, kept among the rejects.</summary>
    long Rejects { get; }

    /// <summary>Records of projects that were deleted meanwhile.</summary>
    long OfDeleted { get; }

    /// <summary>Damaged parts of the journal that were passed over.</summary>
    long Damaged { get; }

    /// <summary>Times that the journal and the database did not fit together: rows are missing.</summary>
    long Lost { get; }
}
