using System.Diagnostics.Metrics;
using MlOps.Predictions;

namespace MlOps.Models;

/// <summary>What the models of this silo tell an operator: the memory they take, and how their loads go.</summary>
internal sealed class ModelInstruments
{
    private static readonly double[] Seconds = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20];

    private long loaded;
    private long failed;
    private long refused;
    private readonly Histogram<double> duration;

    public ModelInstruments(IMeterFactory meters, ModelMemory memory)
    {
        var meter = meters.Create("MlOps");
        meter.CreateObservableCounter(
            "mlops.models.loads", Observe, "{load}", "Loads of a model for a deployment, by result: loaded; failed, by the model's fault; refused, for want of memory, of a turn or of the database.");
        duration = meter.CreateHistogram(
            "mlops.models.load.duration", "s", "Time that a load took, waiting for its turn included, of those that went well.", tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds });
        meter.CreateObservableUpDownCounter("mlops.models.loaded", () => memory.Loaded, "{deployment}", "Deployments whose model is in memory.");
        meter.CreateObservableCounter("mlops.models.unloads", () => memory.Unloads, "{unload}", "Deployments whose model has left the memory.");
        meter.CreateObservableUpDownCounter("mlops.models.memory", () => memory.Used, "By", "Bytes that models take.");
        meter.CreateObservableUpDownCounter("mlops.models.memory_budget", () => memory.Budget, "By", "Bytes that models may take (Models:MemoryBytes).");
    }

    public void Loaded(TimeSpan took)
    {
        Interlocked.Increment(ref loaded);
        duration.Record(took.TotalSeconds);
    }

    public void NotLoaded(Exception why) => Interlocked.Increment(ref IsOfTheModel(why) ? ref failed : ref refused);

    private static bool IsOfTheModel(Exception why) => why is MlOpsException { Code: ErrorCode.ModelError or ErrorCode.ModelTimeout or ErrorCode.OutputNotFinite };

    // Each from zero on: a rise from nothing to one is no rise to who watches.
    private Measurement<long>[] Observe() => [Of("loaded", ref loaded), Of("failed", ref failed), Of("refused", ref refused)];

    private static Measurement<long> Of(string result, ref long count) => new(Volatile.Read(ref count), new KeyValuePair<string, object?>("result", result));
}
