using System.Diagnostics.Metrics;
using MlOps.Predictions;

namespace MlOps.Models;

/// <summary>What the models of this silo tell an operator: the memory they take, and how their loads go.</summary>
internal sealed class ModelInstruments
{
    private static readonly double[] Seconds = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20];

    private readonly Counter<long> loads;
    private readonly Histogram<double> duration;

    public ModelInstruments(IMeterFactory meters, ModelMemory memory)
    {
        var meter = meters.Create("MlOps");
        loads = meter.CreateCounter<long>(
            "mlops.models.loads", "{load}", "Loads of a model for a deployment, by result: loaded; failed, by the model's fault; refused, for want of memory, of a turn or of the database.");
        duration = meter.CreateHistogram(
            "mlops.models.load.duration", "s", "Time that a load took, waiting for its turn included, of those that went well.", tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds });
        meter.CreateObservableUpDownCounter("mlops.models.loaded", () => memory.Loaded, "{deployment}", "Deployments whose model is in memory.");
        meter.CreateObservableCounter("mlops.models.unloads", () => memory.Unloads, "{unload}", "Deployments whose model has left the memory.");
        meter.CreateObservableUpDownCounter("mlops.models.memory", () => memory.Used, "By", "Bytes that models take.");
        meter.CreateObservableUpDownCounter("mlops.models.memory_budget", () => memory.Budget, "By", "Bytes that models may take (Models:MemoryBytes).");
    }

    public void Loaded(TimeSpan took)
    {
        loads.Add(1, new KeyValuePair<string, object?>("result", "loaded"));
        duration.Record(took.TotalSeconds);
    }

    public void NotLoaded(Exception why) => loads.Add(1, new KeyValuePair<string, object?>("result", IsOfTheModel(why) ? "failed" : "refused"));

    private static bool IsOfTheModel(Exception why) => why is MlOpsException { Code: ErrorCode.ModelError or ErrorCode.ModelTimeout or ErrorCode.OutputNotFinite };
}
