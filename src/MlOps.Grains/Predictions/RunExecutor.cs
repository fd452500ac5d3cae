using System.Threading.Channels;
using Microsoft.Extensions.Options;
using MlOps.Models;

namespace MlOps.Predictions;

/// <summary>
/// Where models run: short runs on the thread that asks, long ones in chunks, of which the thread that asks does one and dedicated threads the
/// rest. These are one fewer than the cores, and a chunk is as short as a short run, so that a saturating load of predictions leaves time to
/// everything else. Chunks of several requests take turns.
/// </summary>
internal sealed class RunExecutor : IDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly PredictionOptions options;
    private readonly TimeProvider time;
    private readonly Channel<QueuedRun> queue;
    private readonly Thread[] threads;
    private int waiting;

    public RunExecutor(IOptions<PredictionOptions> options, TimeProvider time)
    {
        this.options = options.Value;
        this.time = time;
        // Unbounded as a structure; the number of runs in it is bounded below, and a turn that ends is never refused its next.
        queue = Channel.CreateUnbounded<QueuedRun>();
        var count = this.options.Threads > 0 ? this.options.Threads : Math.Max(1, Environment.ProcessorCount - 1);
        threads = new Thread[count];
        for (var index = 0; index < count; index++)
        {
            threads[index] = new Thread(Work) { IsBackground = true, Name = $"predict-{index}" };
            threads[index].Start();
        }
    }

    /// <summary>Threads that long runs share.</summary>
    public int Threads => threads.Length;

    /// <summary>Does the work for all rows of the batch.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.Overloaded"/> when too many runs wait.</exception>
    /// <exception cref="OperationCanceledException">The deadline has passed.</exception>
    public ValueTask Run(IBatchRun work, RunCost cost, PredictionBatch batch, CancellationToken deadline)
    {
        if (options.InlineMicroseconds > 0 && cost.Microseconds(batch.Rows) <= options.InlineMicroseconds)
        {
            RunChunk(work, cost, batch, 0, batch.Rows, deadline);
            return ValueTask.CompletedTask;
        }

        if (Interlocked.Increment(ref waiting) > options.MaxQueuedRuns)
        {
            Interlocked.Decrement(ref waiting);
            throw new MlOpsException(ErrorCode.Overloaded, "Too many predictions wait for a thread. Wait for the seconds of Retry-After, then send it again.");
        }

        return new ValueTask(Queue(work, cost, batch, deadline));
    }

    public void Dispose() => queue.Writer.TryComplete();

    private async Task Queue(IBatchRun work, RunCost cost, PredictionBatch batch, CancellationToken deadline)
    {
        try
        {
            var rows = ChunkRows(cost, batch.Rows);
            var run = new QueuedRun(work, cost, batch, rows, deadline);
            var shared = options.InlineMicroseconds > 0 && cost.Microseconds(rows) <= options.InlineMicroseconds;
            var own = shared ? run.Take() : null;
            var turns = Math.Min(threads.Length, ((batch.Rows + rows - 1) / rows) - (shared ? 1 : 0));
            for (var turn = 0; turn < turns; turn++)
            {
                queue.Writer.TryWrite(run);
            }

            if (own is { } chunk)
            {
                RunChunk(run, chunk);
            }

            await Ended(run);
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }

    // Equal chunks: what a run of so many rows needs is made once for each number of rows, so the same batches must come in the same pieces.
    private int ChunkRows(RunCost cost, int rows)
    {
        var most = Math.Min(rows, cost.RowsWithin(options.InlineMicroseconds));
        var chunks = (rows + most - 1) / most;
        return (rows + chunks - 1) / chunks;
    }

    // A kernel that does not look up cannot be ended. The request is answered all the same; its batch is never used again.
    private static async Task Ended(QueuedRun run)
    {
        try
        {
            await run.Done.WaitAsync(run.Deadline);
        }
        catch (OperationCanceledException) when (!run.Done.IsCompleted)
        {
            await Given(run, Grace);
        }
    }

    private static async Task Given(QueuedRun run, TimeSpan grace)
    {
        try
        {
            await run.Done.WaitAsync(grace);
        }
        catch (TimeoutException)
        {
            run.Batch.Abandon();
            throw new OperationCanceledException(run.Deadline);
        }
    }

    private void RunChunk(IBatchRun work, RunCost cost, PredictionBatch batch, int from, int count, CancellationToken deadline)
    {
        var started = time.GetTimestamp();
        work.Run(batch, from, count, deadline);
        cost.Observe(count, time.GetElapsedTime(started));
    }

    private void RunChunk(QueuedRun run, (int From, int Count) chunk)
    {
        try
        {
            run.Deadline.ThrowIfCancellationRequested();
            RunChunk(run.Work, run.Cost, run.Batch, chunk.From, chunk.Count, run.Deadline);
            run.Finish();
        }
        catch (Exception failed)
        {
            // Handed to the request that waits: a thread of ours must live.
            run.Fail(failed);
        }
    }

    private void Work()
    {
        var reader = queue.Reader;
        while (reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (reader.TryRead(out var run))
            {
                if (run.Take() is { } chunk)
                {
                    RunChunk(run, chunk);
                }

                if (run.HasMore)
                {
                    queue.Writer.TryWrite(run);
                }
            }
        }
    }
}
