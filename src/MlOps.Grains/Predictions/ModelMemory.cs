using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MlOps.Models;

namespace MlOps.Predictions;

/// <summary>
/// What loaded models take of this silo's memory, and what leaves when it gets too much. Counted is what each file and replica was measured to take; where the
/// heap has grown by more than the sum of that, the heap counts. The sums are kept, for a load must not ask every model that is there what it takes:
/// each is measured again when it changes, once a second, and before anything has to go.
/// </summary>
internal sealed partial class ModelMemory(IModelRuntime runtime, IOptions<ModelOptions> options, TimeProvider time, ILogger<ModelMemory> log)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, LoadedFile> files = new(StringComparer.Ordinal);
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long native;
    private long managed;
    private long reserved;
    private long tick = 1;
    private int unloaded;
    private long unloads;

    /// <summary>Bytes that models may take.</summary>
    public long Budget { get; } = options.Value.MemoryBytes > 0 ? options.Value.MemoryBytes : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;

    /// <summary>A coarse time for "last used": it moves with each load, so that what was used between two loads is told from what was not.</summary>
    public long Tick => Volatile.Read(ref tick);

    /// <summary>Bytes that models take now.</summary>
    public long Used
    {
        get
        {
            lock (gate)
            {
                Measure();
                return Count();
            }
        }
    }

    /// <summary>Bytes that the loaded files and replicas were measured to take.</summary>
    public long Accounted
    {
        get
        {
            lock (gate)
            {
                Measure();
                return native + managed;
            }
        }
    }

    /// <summary>Replicas in memory.</summary>
    public int Loaded
    {
        get
        {
            lock (gate)
            {
                return files.Values.Sum(file => file.Replicas.Count);
            }
        }
    }

    /// <summary>Replicas that have left the memory since the process started.</summary>
    public long Unloads => Volatile.Read(ref unloads);

    /// <summary>Unloads what has to go before a model can be loaded, and reserves what it is expected to take until this is disposed of.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.ModelError"/> when it will never fit; <see cref="ErrorCode.ModelLoading"/> when room was not made in time.</exception>
    public async Task<IDisposable> MakeRoom(RegisteredModel model, TimeSpan longest, CancellationToken cancellation)
    {
        var file = model.Parts.Where(part => part.Kind is PartKind.Graph or PartKind.ExternalData).Sum(part => part.Size);
        if (file > Budget)
        {
            throw TooLarge(file);
        }

        var asked = time.GetTimestamp();
        while (true)
        {
            List<Replica> victims;
            Task change;
            lock (gate)
            {
                var needed = files.ContainsKey(model.Digest) ? 0 : Math.Min(runtime.Estimate(file), Budget);
                var excess = Excess(needed);
                if (excess <= 0 || (files.Count == 0 && reserved == 0))
                {
                    reserved += needed;
                    tick++;
                    return new Reservation(this, needed);
                }

                victims = Victims(excess - Leaving(), except: null);
                change = changed.Task;
            }

            if (Unload(victims) > 0)
            {
                continue;
            }

            // What is left is in use or about to be; its memory comes back when its runs end.
            var rest = longest - time.GetElapsedTime(asked);
            try
            {
                await change.WaitAsync(rest > TimeSpan.Zero ? rest : TimeSpan.Zero, time, cancellation);
            }
            catch (TimeoutException)
            {
                throw LoadGate.Refusal("The memory for models (Models:MemoryBytes) is taken by those in use.");
            }
        }
    }

    /// <summary>Counts a replica that has been loaded, and unloads others when it took more than was expected.</summary>
    /// <exception cref="MlOpsException"><see cref="ErrorCode.ModelError"/>: it alone takes more than all may.</exception>
    public void Add(Replica replica)
    {
        List<Replica> victims;
        lock (gate)
        {
            var digest = replica.Model.Digest;
            if (!files.TryGetValue(digest, out var file))
            {
                files.Add(digest, file = new LoadedFile());
            }

            file.Replicas.Add(replica);
            Measure(file);
            tick++;
            if (file.Bytes > Budget)
            {
                throw TooLarge(file.Bytes);
            }

            victims = Excess(0) is > 0 and var excess ? Victims(excess - Leaving(), except: digest) : [];
        }

        Unload(victims);
    }

    /// <summary>Forgets a replica whose model has been given back.</summary>
    public void Remove(Replica replica)
    {
        lock (gate)
        {
            if (files.TryGetValue(replica.Model.Digest, out var file) && file.Replicas.Remove(replica))
            {
                Measure(file);
                if (file.Replicas.Count == 0)
                {
                    files.Remove(replica.Model.Digest);
                }
            }

            unloaded++;
            unloads++;
            Change();
        }
    }

    /// <summary>Unloads what no longer fits: models may take more while they run than when they were loaded.</summary>
    public void Enforce()
    {
        List<Replica> victims;
        long used;
        lock (gate)
        {
            Measure();
            used = Count();
            victims = Victims(used - Leaving() - Budget, except: null);
        }

        if (victims.Count > 0)
        {
            LogOverBudget(used, Budget, Unload(victims));
        }
    }

    /// <summary>Replicas that nobody has used since that tick let go of what only made their next run faster.</summary>
    public void Trim(long since)
    {
        List<Replica> idle;
        lock (gate)
        {
            idle = [.. files.Values.SelectMany(file => file.Replicas).Where(replica => replica.LastUsed < since)];
            tick++;
        }

        idle.ForEach(replica => replica.Trim());
    }

    /// <summary>Models unloaded since this was asked last.</summary>
    public int TakeUnloaded()
    {
        lock (gate)
        {
            var count = unloaded;
            unloaded = 0;
            return count;
        }
    }

    private static int Unload(List<Replica> victims) => victims.Count(replica => replica.Unload());

    private static string Mebibytes(long bytes) => $"{bytes / 1048576.0:0.#} MiB";

    private MlOpsException TooLarge(long bytes) => new(
        ErrorCode.ModelError,
        $"The model takes {Mebibytes(bytes)} of memory or more, and all models of this server together may take {Mebibytes(Budget)}. Raise Models:MemoryBytes, or export a smaller model.");

    private long Count() => Math.Max(native + reserved, runtime.HeapGrowth) + managed;

    // By what is known; where that is too much, by what each takes now.
    private long Excess(long needed)
    {
        if (Count() + needed > Budget)
        {
            Measure();
        }

        return Count() + needed - Budget;
    }

    private void Measure()
    {
        foreach (var file in files.Values)
        {
            Measure(file);
        }
    }

    private void Measure(LoadedFile file)
    {
        native -= file.SharedBytes;
        managed -= file.OwnBytes;
        file.Measure();
        native += file.SharedBytes;
        managed += file.OwnBytes;
    }

    // Told to go, and held only by runs that are under way: nothing else has to go for these bytes.
    private long Leaving() => files.Values.Where(file => file.IsLeaving).Sum(file => file.Bytes);

    private List<Replica> Victims(long excess, string? except)
    {
        if (excess <= 0)
        {
            return [];
        }

        var candidates = files.Where(file => file.Key != except && file.Value.CanUnload).Select(file => file.Value).ToArray();
        return [.. UnloadPolicy.Choose([.. candidates.Select(file => file.AsCandidate())], excess).SelectMany(index => candidates[index].Replicas)];
    }

    private void Release(long bytes)
    {
        lock (gate)
        {
            reserved -= bytes;
            Change();
        }
    }

    private void Change()
    {
        changed.TrySetResult();
        changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    [LoggerMessage(LogLevel.Information, "Models took {Used} bytes of {Budget}; {Count} deployments were unloaded.")]
    private partial void LogOverBudget(long used, long budget, int count);

    private sealed class Reservation(ModelMemory memory, long bytes) : IDisposable
    {
        public void Dispose() => memory.Release(bytes);
    }
}
