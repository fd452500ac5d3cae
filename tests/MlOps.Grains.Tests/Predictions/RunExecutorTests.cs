using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using MlOps.Models;
using MlOps.Predictions;
using Xunit;

namespace MlOps.Tests.Predictions;

/// <summary>Long runs in pieces: each row once, in equal pieces, one of them on the thread that asks.</summary>
public sealed class RunExecutorTests
{
    // Time stands still, so the estimate of a run is what the test says: 10 us for each row.
    private static RunCost TenMicrosecondsARow()
    {
        var cost = new RunCost();
        cost.Start(call: 10, row: 10);
        return cost;
    }

    [Theory]
    [InlineData(10, new[] { 10 })]
    [InlineData(11, new[] { 5, 6 })]
    [InlineData(25, new[] { 7, 9, 9 })]
    [InlineData(100, new[] { 10, 10, 10, 10, 10, 10, 10, 10, 10, 10 })]
    public async Task Run_OverManyRows_IsDoneInEqualPiecesAndEachRowOnce(int rows, int[] pieces)
    {
        using var executor = Executor(inlineMicroseconds: 100);
        var model = new RecordingModel();

        await executor.Run(model, TenMicrosecondsARow(), Batch(rows), CancellationToken.None);

        Assert.Equal(pieces, model.Pieces.Select(piece => piece.Count).Order());
        Assert.Equal(Enumerable.Range(0, rows), model.Pieces.SelectMany(piece => Enumerable.Range(piece.From, piece.Count)).Order());
    }

    [Fact]
    public async Task Run_OverManyRows_DoesOnePieceOnTheThreadThatAsks()
    {
        using var executor = Executor(inlineMicroseconds: 100);
        var model = new RecordingModel();
        var asking = Environment.CurrentManagedThreadId;

        await executor.Run(model, TenMicrosecondsARow(), Batch(100), CancellationToken.None);

        Assert.Single(model.Pieces, piece => piece.Thread == asking);
    }

    [Fact]
    public async Task Run_OfOneLongRow_LeavesTheThreadThatAsksFree()
    {
        using var executor = Executor(inlineMicroseconds: 5);
        var model = new RecordingModel();
        var asking = Environment.CurrentManagedThreadId;

        await executor.Run(model, TenMicrosecondsARow(), Batch(3), CancellationToken.None);

        Assert.Equal(3, model.Pieces.Count);
        Assert.DoesNotContain(model.Pieces, piece => piece.Thread == asking);
    }

    [Fact]
    public async Task Run_WhosePieceFails_FailsWhenNoThreadIsAtItsRowsAnyMore()
    {
        using var executor = Executor(inlineMicroseconds: 100);
        var model = new RecordingModel { FailsFrom = 40 };

        var failed = await Assert.ThrowsAsync<MlOpsException>(
            async () => await executor.Run(model, TenMicrosecondsARow(), Batch(100), CancellationToken.None));

        Assert.Equal(ErrorCode.ModelError, failed.Code);
        Assert.Equal(0, model.Open);
    }

    private static RunExecutor Executor(int inlineMicroseconds) =>
        new(Options.Create(new PredictionOptions { InlineMicroseconds = inlineMicroseconds, Threads = 2 }), new FakeTimeProvider());

    private static PredictionBatch Batch(int rows)
    {
        var batch = new PredictionPlan(SiloCluster.Signature, null).Rent();
        batch.Resize(rows);
        return batch;
    }

    private sealed class RecordingModel : ILoadedModel
    {
        private int open;

        public ConcurrentBag<(int From, int Count, int Thread)> Pieces { get; } = [];

        public int FailsFrom { get; init; } = int.MaxValue;

        public int Open => Volatile.Read(ref open);

        public long SharedBytes => 0;

        public long OwnBytes => 0;

        public void Run(PredictionBatch batch, int from, int count, CancellationToken deadline)
        {
            Interlocked.Increment(ref open);
            Pieces.Add((from, count, Environment.CurrentManagedThreadId));
            Interlocked.Decrement(ref open);
            if (from >= FailsFrom)
            {
                throw new MlOpsException(ErrorCode.ModelError, "This piece fails.");
            }
        }

        public void Trim()
        {
        }

        public void Dispose()
        {
        }
    }
}
