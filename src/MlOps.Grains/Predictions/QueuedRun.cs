using MlOps.Models;

namespace MlOps.Predictions;

/// <summary>One request's run in chunks; several threads may work on it. Done when every row that was begun has ended.</summary>
internal sealed class QueuedRun(IBatchRun work, RunCost cost, PredictionBatch batch, int chunkRows, CancellationToken deadline)
{
    private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock gate = new();
    private Exception? failure;
    private int next;
    private int open;

    public IBatchRun Work { get; } = work;

    public RunCost Cost { get; } = cost;

    public PredictionBatch Batch { get; } = batch;

    public CancellationToken Deadline { get; } = deadline;

    public Task Done => done.Task;

    public bool HasMore
    {
        get
        {
            lock (gate)
            {
                return failure is null && next < Batch.Rows;
            }
        }
    }

    /// <summary>The next rows to run; null when there are none.</summary>
    public (int From, int Count)? Take()
    {
        lock (gate)
        {
            if (failure is not null || next >= Batch.Rows)
            {
                return null;
            }

            var chunk = (From: next, Count: Math.Min(chunkRows, Batch.Rows - next));
            next += chunk.Count;
            open++;
            return chunk;
        }
    }

    public void Finish() => End(null);

    public void Fail(Exception reason) => End(reason);

    // The batch goes back to its pool when this completes: no thread may still be at it.
    private void End(Exception? reason)
    {
        bool last;
        lock (gate)
        {
            failure ??= reason;
            open--;
            last = open == 0 && (failure is not null || next >= Batch.Rows);
        }

        if (last && failure is null)
        {
            done.TrySetResult();
        }
        else if (last)
        {
            done.TrySetException(failure!);
        }
    }
}
