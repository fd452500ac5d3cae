using System.Collections.Concurrent;
using MlOps.Contributions;
using MlOps.Models;
using MlOps.Predictions;

namespace MlOps.Tests;

/// <summary>
/// A runtime without ONNX: a model's file holds its name, and the name says what it does. <c>doubles</c> answers 2x, <c>broken</c> does not load
/// until it is repaired, <c>slow</c> loads when the test lets it, <c>hangs</c> runs until it is ended, <c>waits</c> runs until the test lets it.
/// </summary>
public sealed class ScriptedRuntime : IModelRuntime, IModelChecker
{
    private readonly ConcurrentDictionary<string, int> loads = new();
    private int alive;

    /// <summary>Models that are loaded and not given back.</summary>
    public int Alive => Volatile.Read(ref alive);

    /// <summary>Lets models named <c>waits</c> and <c>slow</c> go on.</summary>
    public ManualResetEventSlim Gate { get; } = new();

    /// <summary>Set while a run of <c>waits</c> or <c>hangs</c> stands still.</summary>
    public SemaphoreSlim Running { get; } = new(0);

    /// <summary>Set once the trial at load is over, from when the scripted behaviour begins.</summary>
    public bool Misbehave { get; set; }

    /// <summary>Lets models named <c>broken</c> load.</summary>
    public bool Repaired { get; set; }

    /// <summary>What the child process says of a file; null when it does well.</summary>
    public string? Verdict { get; set; }

    public int Verified { get; private set; }

    public int Loads(string name) => loads.GetValueOrDefault(name);

    public ILoadedModel Load(string digest, string graphPath, ModelSignature signature)
    {
        var name = File.ReadAllText(graphPath);
        if (name.StartsWith("slow", StringComparison.Ordinal))
        {
            Running.Release();
            Gate.Wait();
        }

        loads.AddOrUpdate(name, 1, (_, count) => count + 1);
        if (name.StartsWith("broken", StringComparison.Ordinal) && !Repaired)
        {
            throw new MlOpsException(ErrorCode.ModelError, "This file does not load.");
        }

        Interlocked.Increment(ref alive);
        return new ScriptedModel(this, name);
    }

    public ILoadedModel LoadUpTo(GraphCut cut, string digest, string graphPath, ModelSignature signature) => throw new NotSupportedException("A name has no values within.");

    public ScoreForm ReadForm(string graphPath, ModelSignature signature) => new(new GraphScores(null), false, "is a name");

    /// <summary>What the next models take, by their name; else nothing.</summary>
    public ConcurrentDictionary<string, long> Bytes { get; } = new();

    /// <summary>How often freed memory was given back.</summary>
    public int GivenBack { get; private set; }

    public long HeapGrowth { get; set; }

    public long Estimate(long fileBytes) => fileBytes;

    public void GiveBack() => GivenBack++;

    /// <summary>What reading all rows comes to.</summary>
    public Func<ModelUpload, Action<double>, CancellationToken, Task<CheckedModel>>? Read { get; set; }

    public Task<CheckedModel> Check(ModelUpload upload, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<CheckedModel> AddBaseline(ModelUpload upload, ModelSignature signature, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<CheckedModel> ReadWhole(ModelUpload upload, ModelSignature? signature, Action<double> progress, CancellationToken cancellation) => Read!(upload, progress, cancellation);

    public Task<string?> Verify(string graphPath, ModelSignature signature, CancellationToken cancellation)
    {
        Verified++;
        return Task.FromResult(Verdict);
    }

    private sealed class ScriptedModel(ScriptedRuntime runtime, string name) : ILoadedModel
    {
        private int disposed;

        public long SharedBytes => runtime.Bytes.GetValueOrDefault(name);

        public long OwnBytes => 0;

        public void Run(PredictionBatch batch, int from, int count, CancellationToken deadline)
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) == 1, this);
            if (runtime.Misbehave && name.StartsWith("hangs", StringComparison.Ordinal))
            {
                runtime.Running.Release();
                deadline.WaitHandle.WaitOne();
                throw new OperationCanceledException(deadline);
            }

            if (runtime.Misbehave && name.StartsWith("waits", StringComparison.Ordinal))
            {
                runtime.Running.Release();
                runtime.Gate.Wait(deadline);
                ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) == 1, this);
            }

            var values = ((TensorBuffer<float>)batch.Inputs[0]).Values;
            for (var row = from; row < from + count; row++)
            {
                batch.Outputs.Scores[row] = 2 * values[row];
            }
        }

        public void Trim()
        {
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref disposed, 1) == 0)
            {
                Interlocked.Decrement(ref runtime.alive);
            }
        }
    }
}
