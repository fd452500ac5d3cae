namespace MlOps.InferenceLogs;

/// <summary>Where the records of this silo's answers go, before they are given.</summary>
public interface IInferenceJournal
{
    /// <summary>Free bytes before the payload of a frame.</summary>
    const int HeadBytes = 20;

    /// <summary>
    /// Appends one record; it outlives what the journal is set to outlive when this completes with true. False: the journal or its disk is full, and
    /// nothing of the record is there. The memory may be used again when the call returns.
    /// </summary>
    /// <param name="frame"><see cref="HeadBytes"/> free bytes, then the payload.</param>
    ValueTask<bool> Append(Memory<byte> frame);
}
