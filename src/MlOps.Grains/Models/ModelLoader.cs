using Microsoft.Extensions.Options;
using MlOps.Predictions;

namespace MlOps.Models;

/// <summary>Brings a registered model into memory and tries it once.</summary>
internal sealed class ModelLoader(
    IModelStore store, ModelCache cache, IModelRuntime runtime, IModelChecker checker, LoadMarkers markers, IOptions<ModelOptions> options, TimeProvider time) : IDisposable
{
    private const int TrialRows = 32;

    private readonly SemaphoreSlim slots = new(options.Value.MaxConcurrentLoads);
    private readonly SemaphoreSlim alone = new(1);

    /// <param name="insist">Load a file even after it ended two starts in a row, when the child process can: a promote or rollback.</param>
    /// <exception cref="MlOpsException">424 of the catalogue, or 409 for a deleted model.</exception>
    public async Task<TriedModel> Load(ModelId id, bool insist, CancellationToken cancellation)
    {
        var model = (await store.Find(id, cancellation))?.Model ?? throw new MlOpsException(ErrorCode.ModelDeleted, "The model of this deployment has been deleted. Register it again.");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(options.Value.LoadTimeoutSeconds));
        try
        {
            var suspect = markers.Unfinished(model.Digest);
            var gate = suspect > 0 ? alone : slots;
            await gate.WaitAsync(limit.Token);
            try
            {
                var graph = await cache.Fetch(model, limit.Token);
                await Verify(model, graph, suspect, insist, limit.Token);
                // The native load cannot be ended; past the limit it is left to itself, and what it brings is given back.
                var loading = Task.Run(() => LoadAndTry(model, graph, limit.Token), CancellationToken.None);
                return await Within(loading, limit.Token);
            }
            finally
            {
                gate.Release();
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new MlOpsException(ErrorCode.ModelTimeout, $"Loading and trying the model took more than {options.Value.LoadTimeoutSeconds:0.#} s.");
        }
    }

    public void Dispose()
    {
        slots.Dispose();
        alone.Dispose();
    }

    private static async Task<TriedModel> Within(Task<TriedModel> loading, CancellationToken limit)
    {
        try
        {
            return await loading.WaitAsync(limit);
        }
        catch (OperationCanceledException)
        {
            _ = loading.ContinueWith(
                late => late.Result.Loaded.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            throw;
        }
    }

    private async Task Verify(RegisteredModel model, string graph, int suspect, bool insist, CancellationToken cancellation)
    {
        if (suspect == 0)
        {
            return;
        }

        if (suspect > 1 && !insist)
        {
            throw new MlOpsException(ErrorCode.ModelError, "Loading this model ended the process twice. It is tried again when the deployment is promoted, or rolled back to.");
        }

        if (await checker.Verify(graph, model.Signature, cancellation) is { } reason)
        {
            throw new MlOpsException(ErrorCode.ModelError, $"The model is not loaded again, because a trial in a process of its own failed: {reason}");
        }
    }

    private TriedModel LoadAndTry(RegisteredModel model, string graph, CancellationToken deadline)
    {
        markers.Begin(model.Digest);
        ILoadedModel? loaded = null;
        try
        {
            loaded = runtime.Load(model.Digest, graph, model.Signature);
            var plan = new PredictionPlan(model.Signature, model.Baseline);
            var cost = Try(model, loaded, plan, deadline);
            return new TriedModel(model, loaded, plan, cost);
        }
        catch
        {
            loaded?.Dispose();
            throw;
        }
        finally
        {
            markers.End(model.Digest);
        }
    }

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

/// <summary>A model in memory that has answered.</summary>
internal sealed record TriedModel(RegisteredModel Model, ILoadedModel Loaded, PredictionPlan Plan, RunCost Cost);
