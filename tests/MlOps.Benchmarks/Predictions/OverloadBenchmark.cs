using System.Globalization;

namespace MlOps.Benchmarks.Predictions;

/// <summary>Control calls, one after the other, while predictions saturate the silo; idle beside it. The generator runs in a process of its own on the same cores.</summary>
internal static class OverloadBenchmark
{
    private const int Clients = 64;
    private const double BarMilliseconds = 20;
    private const double SlowModelMilliseconds = 10;

    public static async Task<int> Run(string[] options)
    {
        var seconds = Options.Number(options, "--seconds", 10);
        var folder = Directory.CreateTempSubdirectory("mlops-benchmark-").FullName;
        try
        {
            using var silo = await ServerProcess.Start("silo", folder);
            using var client = await SiloClient.Open(silo.Address, folder);
            var project = await client.Project("benchmark");
            var key = await client.PredictKey();
            var small = await client.Deploy(project, await client.Register(project, TreeModel.Write(), TreeModel.Csv(200)), "production");
            var (layers, slow) = await Slow(client, silo, project, key);
            var row = $"{{\"inputs\":{TreeModel.Rows(1)[0]}}}";
            Console.WriteLine($"control calls one after the other for {seconds} s; predictions by {Clients} clients of a process of its own; {Environment.ProcessorCount} cores for all");
            var calls = new ControlCalls(client, project, small);
            await calls.Measure(TimeSpan.FromSeconds(3));
            var ok = Report("idle", await calls.Measure(TimeSpan.FromSeconds(seconds)), "");
            ok &= await Beside(calls, silo, folder, small, key, row, seconds, "beside 1-row predictions of 100 trees");
            ok &= await Beside(calls, silo, folder, slow, key, row, seconds, $"beside 1-row predictions of a network of {layers} layers");
            Console.WriteLine($"bar: p99 of all control calls <= {BarMilliseconds} ms beside either: {(ok ? "held" : "MISSED")}");
            return ok ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<bool> Beside(ControlCalls calls, ServerProcess silo, string folder, string deployment, string key, string row, int seconds, string what)
    {
        var request = Path.Combine(folder, "request");
        await File.WriteAllBytesAsync(request, SiloClient.Request(silo.Address, $"/api/mlops/deployments/{deployment}/predict", key, row));
        var cpu = silo.Cpu();
        using var load = LoadProcess.Start(silo.Address, request, Clients, seconds + 3);
        // Until the generator has started and the load stands.
        await Task.Delay(TimeSpan.FromSeconds(2));
        var measured = await calls.Measure(TimeSpan.FromSeconds(seconds));
        var printed = (await load.StandardOutput.ReadToEndAsync()).Trim();
        await load.WaitForExitAsync();
        return Report(what, measured, string.Create(CultureInfo.InvariantCulture, $"{printed}   silo's CPU {(silo.Cpu() - cpu).TotalSeconds / (seconds + 3):0.00} cores"));
    }

    private static bool Report(string what, IReadOnlyDictionary<string, List<double>> measured, string load)
    {
        Console.WriteLine($"\n{what}");
        if (load.Length > 0)
        {
            Console.WriteLine($"  predictions   {load}");
        }

        foreach (var (call, latencies) in measured.Append(new("all", [.. measured.Values.SelectMany(each => each)])))
        {
            latencies.Sort();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  {call,-22} {latencies.Count,6}   p50 {latencies[latencies.Count / 2],6:0.0} ms   p99 {latencies[(int)(0.99 * (latencies.Count - 1))],6:0.0} ms   max {latencies[^1],6:0.0} ms"));
        }

        var all = measured.Values.SelectMany(each => each).Order().ToList();
        return all[(int)(0.99 * (all.Count - 1))] <= BarMilliseconds;
    }

    // Deeper until one row takes as long as wanted on this machine.
    private static async Task<(int Layers, string Deployment)> Slow(SiloClient client, ServerProcess silo, string project, string key)
    {
        var layers = 32;
        while (true)
        {
            var deployment = await client.Deploy(project, await client.Register(project, DenseModel.Write(layers), TreeModel.Csv(200)), "staging");
            var request = SiloClient.Request(silo.Address, $"/api/mlops/deployments/{deployment}/predict", key, $"{{\"inputs\":{TreeModel.Rows(1)[0]}}}");
            var latencies = await LoadGenerator.Run(silo.Address, request, 1, TimeSpan.FromSeconds(2));
            latencies.Sort();
            var milliseconds = latencies[latencies.Count / 2] / 1000;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"a network of {layers} layers answers in {milliseconds:0.0} ms alone"));
            if (milliseconds >= SlowModelMilliseconds * 0.8)
            {
                return (layers, deployment);
            }

            layers = (int)Math.Ceiling(layers * Math.Clamp(SlowModelMilliseconds / milliseconds, 1.1, 8));
        }
    }
}
