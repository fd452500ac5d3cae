using System.Globalization;
using MlOps.Format;
using MlOps.Models;
using MlOps.Predictions;
using static MlOps.Tests.Models.Graphs;

namespace MlOps.Tests.Models;

/// <summary>Measures memory in a process that does nothing else: other tests load models too.</summary>
internal static class MemoryChild
{
    private const int Width = 16;
    private const int Hidden = 4096;
    private const int WarmUp = 50;
    private const int CyclesBetweenGivingBack = 25;

    private static readonly ModelSignature Signature = Serving.Signature(Serving.Value("y"), false, Serving.Input("X", ElementType.Float, Width));

    /// <summary>Loads, runs and unloads again and again; prints how many bytes of resident memory that left behind.</summary>
    /// <param name="arguments">Cycles, and <c>leak</c> to keep each session.</param>
    public static int Cycles(string[] arguments)
    {
        var count = int.Parse(arguments[0], CultureInfo.InvariantCulture);
        var leak = arguments is [_, "leak"];
        using var scratch = new Scratch();
        var runtime = new OnnxModelRuntime();
        var path = scratch.Write(Network(1));
        Repeat(runtime, path, WarmUp, leak: false);
        var before = Resident(runtime);
        Repeat(runtime, path, count, leak);
        Console.WriteLine(Resident(runtime) - before);
        return 0;
    }

    /// <summary>Loads so many files, two at a time; prints what the sessions were counted to take, and what the heap and the process took.</summary>
    public static int Account(string count)
    {
        using var scratch = new Scratch();
        var runtime = new OnnxModelRuntime();
        var number = int.Parse(count, CultureInfo.InvariantCulture);
        var paths = Enumerable.Range(0, number + WarmUp).Select(seed => scratch.Write(Network(seed))).ToArray();
        var kept = new ILoadedModel[number];
        for (var model = 0; model < WarmUp; model++)
        {
            LoadAndRun(runtime, $"warm {model}", paths[number + model]).Dispose();
        }

        var resident = Resident(runtime);
        Parallel.For(0, number, new ParallelOptions { MaxDegreeOfParallelism = 2 }, model => kept[model] = LoadAndRun(runtime, $"{model}", paths[model]));
        var account = kept.Sum(model => model.SharedBytes + model.OwnBytes);
        Console.WriteLine($"{account} {runtime.HeapGrowth} {Resident(runtime) - resident}");
        GC.KeepAlive(kept);
        return 0;
    }

    private static void Repeat(OnnxModelRuntime runtime, string path, int count, bool leak)
    {
        for (var cycle = 0; cycle < count; cycle++)
        {
            // A digest of its own for one that is to stay; else the sessions would be shared.
            var model = LoadAndRun(runtime, leak ? $"{cycle}" : "digest", path);
            if (!leak)
            {
                model.Dispose();
            }

            if (cycle % CyclesBetweenGivingBack == 0)
            {
                runtime.GiveBack();
            }
        }
    }

    private static ILoadedModel LoadAndRun(OnnxModelRuntime runtime, string digest, string path)
    {
        var model = runtime.Load(digest, path, Signature);
        var plan = new PredictionPlan(Signature, null);
        foreach (var rows in new[] { 1, 32 })
        {
            var batch = plan.Rent();
            batch.Resize(rows);
            model.Run(batch, 0, rows, CancellationToken.None);
            plan.Return(batch);
        }

        return model;
    }

    // y = max(0, X w) v, with other weights for each seed.
    private static ModelProto Network(int seed)
    {
        var random = new Random(seed);
        float[] Weights(int length) => [.. Enumerable.Range(0, length).Select(_ => (float)random.NextDouble())];
        return Model(
            [Node("MatMul", ["X", "w"], ["h"]), Node("Relu", ["h"], ["r"]), Node("MatMul", ["r", "v"], ["y"])],
            [Value("X", 1, -1, Width)],
            [Value("y", 1, -1, 1)],
            Floats("w", [Width, Hidden], Weights(Width * Hidden)),
            Floats("v", [Hidden, 1], Weights(Hidden)));
    }

    private static long Resident(OnnxModelRuntime runtime)
    {
        for (var collection = 0; collection < 3; collection++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        runtime.GiveBack();
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10;
    }
}
