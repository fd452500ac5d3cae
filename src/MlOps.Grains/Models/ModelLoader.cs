using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using MlOps.Predictions;

namespace MlOps.Models;

/// <summary>Brings a registered model into memory and tries it once.</summary>
internal sealed class ModelLoader(
    IModelStore store,
    ModelCache cache,
    IModelRuntime runtime,
    IModelChecker checker,
    LoadMarkers markers,
    LoadGate gate,
    ModelMemory memory,
    Admission admission,
    IOptions<ModelOptions> options,
    TimeProvider time)
{
    private const int TrialRows = 32;

    private readonly ConcurrentDictionary<string, Task> abandoned = new(StringComparer.Ordinal);

    /// <param name="change">For a change, not for a request: it waits for no request's load, and a file that ended two starts in a row is loaded when the child process can.</param>
    /// <exception cref="MlOpsException">424 of the catalogue, 409 for a deleted model, or 503 when it could not begin in time.</exception>
    public async Task<TriedModel> Load(ModelId id, bool change, CancellationToken cancellation)
    {
        var model = (await store.Find(id, cancellation))?.Model ?? throw new MlOpsException(ErrorCode.ModelDeleted, "The model of this deployment has been deleted. Register it again.");
        RefuseHung(model.Digest);
        var suspect = markers.Unfinished(model.Digest);
        using var turn = await gate.Enter(change, suspect > 0, cancellation);
        using var room = await memory.MakeRoom(model, LoadGate.LongestWait(change, options.Value), cancellation);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(options.Value.LoadTimeoutSeconds));
        try
        {
            var file = await cache.Fetch(model, limit.Token);
            try
            {
                await Verify(model, file.Graph, suspect, change, limit.Token);
            }
            catch
            {
                file.Dispose();
                throw;
            }

            // The native load cannot be ended; past the limit it is left to itself, and what it brings is given back.
            var loading = Task.Run(() => LoadAndTry(model, file, limit.Token), CancellationToken.None);
            return await Within(loading, model.Digest, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new MlOpsException(ErrorCode.ModelTimeout, $"Loading and trying the model took more than {options.Value.LoadTimeoutSeconds:0.#} s.");
        }
    }

    private async Task<TriedModel> Within(Task<TriedModel> loading, string digest, CancellationToken limit)
    {
        try
        {
            return await loading.WaitAsync(limit);
        }
        catch (OperationCanceledException)
        {
            abandoned[digest] = loading;
            _ = loading.ContinueWith(
                late =>
                {
                    abandoned.TryRemove(new(digest, late));
                    if (late.IsCompletedSuccessfully)
                    {
                        ((Task<TriedModel>)late).Result.Dispose();
                    }
                },
                CancellationToken.None,
                TaskContinuationOptions.None,
                TaskScheduler.Default);
            throw;
        }
    }

    // Each further attempt would wait in vain behind the first, and keep a thread.
    private void RefuseHung(string digest)
    {
        if (abandoned.ContainsKey(digest))
        {
            throw new MlOpsException(ErrorCode.ModelTimeout, "An earlier attempt to load this model took too long, and has still not ended.");
        }
    }

    private async Task Verify(RegisteredModel model, string graph, int suspect, bool change, CancellationToken cancellation)
    {
        if (suspect == 0)
        {
            return;
        }

        if (suspect > 1 && !change)
        {
            throw new MlOpsException(ErrorCode.ModelError, "Loading this model ended the process twice. It is tried again when the deployment is promoted, or rolled back to.");
        }

        if (await checker.Verify(graph, model.Signature, cancellation) is { } reason)
        {
            throw new MlOpsException(ErrorCode.ModelError, $"The model is not loaded again, because a trial in a process of its own failed: {reason}");
        }
    }

    private TriedModel LoadAndTry(RegisteredModel model, CachedModel file, CancellationToken deadline)
    {
        try
        {
            markers.Begin(model.Digest);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        ILoadedModel? loaded = null;
        try
        {
            loaded = runtime.Load(model.Digest, file.Graph, model.Signature);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var plan = new PredictionPlan(model.Signature, model.Baseline, admission);
            var planBytes = GC.GetAllocatedBytesForCurrentThread() - before;
            var cost = Try(model, loaded, plan, deadline);
            var explainer = new ModelExplainer(model, loaded, file.Graph, plan, runtime, store, time);
            return new TriedModel(model, loaded, plan, cost, explainer, planBytes + TextBytes(model), file);
        }
        catch
        {
            loaded?.Dispose();
            file.Dispose();
            throw;
        }
        finally
        {
            markers.End(model.Digest);
        }
    }

    // What the replica keeps of the registration beside its signature and baseline.
    private static long TextBytes(RegisteredModel model) =>
        sizeof(char) * ((long)model.Metadata.Length + model.Metrics.Length + model.ExampleRequest.Length + (model.Preview?.Length ?? 0) + model.Warnings.Sum(warning => warning.Length));

    private RunCost Try(RegisteredModel model, ILoadedModel loaded, PredictionPlan plan, CancellationToken deadline)
    {
        var cost = new RunCost();
        var batch = plan.Rent();
        try
        {
            ExampleRows.Fill(batch, model.ExampleRequest, 1);
            // The first run pays for what every later one finds ready.
            loaded.Run(batch, 0, 1, deadline);
            plan.Check(batch);
            var call = Measure(loaded, batch, deadline);
            ExampleRows.Fill(batch, model.ExampleRequest, TrialRows);
            var rows = Measure(loaded, batch, deadline);
            cost.Start(call, Math.Max(0, rows - call) / (TrialRows - 1));
            // Its memory is of no use to requests: most have another number of rows.
            loaded.Trim();
            return cost;
        }
        finally
        {
            plan.Return(batch);
        }
    }

    private double Measure(ILoadedModel loaded, PredictionBatch batch, CancellationToken deadline)
    {
        loaded.Run(batch, 0, batch.Rows, deadline);
        var started = time.GetTimestamp();
        loaded.Run(batch, 0, batch.Rows, deadline);
        return time.GetElapsedTime(started).TotalMicroseconds;
    }
}
