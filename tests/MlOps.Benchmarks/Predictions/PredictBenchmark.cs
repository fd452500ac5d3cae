using System.Globalization;

namespace MlOps.Benchmarks.Predictions;

/// <summary>Predict on the silo beside a handler that does nothing else, the same model and load in one run, in turns.</summary>
internal static class PredictBenchmark
{
    private const int Connections = 16;
    private const int BatchRows = 100;

    public static async Task<int> Run(string[] options)
    {
        var seconds = Options.Number(options, "--seconds", 5);
        var rounds = Options.Number(options, "--rounds", 3);
        var folder = Directory.CreateTempSubdirectory("mlops-benchmark-").FullName;
        try
        {
            var model = Path.Combine(folder, "model.onnx");
            await File.WriteAllBytesAsync(model, TreeModel.Write());
            using var silo = await ServerProcess.Start("silo", folder);
            using var bare = await ServerProcess.Start("bare-handler", model);
            var (path, key) = await Deploy(silo, folder, model);
            var rows = TreeModel.Rows(BatchRows);
            Console.WriteLine($"30 features x 100 trees of depth 5; {rounds} rounds of {seconds} s each way, in turns; load from this process on the same {Environment.ProcessorCount} cores");
            await Compare("1 row, 1 connection", silo, bare, path, key, $"{{\"inputs\":{rows[0]}}}", 1, seconds, rounds);
            await Compare($"1 row, {Connections} connections", silo, bare, path, key, $"{{\"inputs\":{rows[0]}}}", Connections, seconds, rounds);
            await Compare($"{BatchRows} rows, 1 connection", silo, bare, path, key, $"{{\"inputs\":[{string.Join(",", rows)}]}}", 1, seconds, rounds);
            await Compare($"{BatchRows} rows, {Connections} connections", silo, bare, path, key, $"{{\"inputs\":[{string.Join(",", rows)}]}}", Connections, seconds, rounds);
            Console.WriteLine("bars: throughput at 16 connections >= 0.90, p50 at 1 connection <= 1.25");
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task Compare(string what, ServerProcess silo, ServerProcess bare, string path, string key, string body, int connections, int seconds, int rounds)
    {
        var (ours, theirs) = (SiloClient.Request(silo.Address, path, key, body), SiloClient.Request(bare.Address, "/predict", null, body));
        var duration = TimeSpan.FromSeconds(seconds);
        // Until both have been compiled for good.
        await LoadGenerator.Run(silo.Address, ours, connections, TimeSpan.FromSeconds(Math.Max(4, seconds)));
        await LoadGenerator.Run(bare.Address, theirs, connections, TimeSpan.FromSeconds(Math.Max(4, seconds)));
        var (measuredSilo, measuredBare) = (new Measured(), new Measured());
        for (var round = 0; round < rounds; round++)
        {
            await measuredSilo.Add(silo, ours, connections, duration);
            await measuredBare.Add(bare, theirs, connections, duration);
        }

        Console.WriteLine($"\n{what}");
        Console.WriteLine(Line("silo", measuredSilo));
        Console.WriteLine(Line("bare", measuredBare));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  ratio  throughput {measuredSilo.PerSecond / measuredBare.PerSecond:0.00}   p50 {measuredSilo.Percentile(0.5) / measuredBare.Percentile(0.5):0.00}   p99 {measuredSilo.Percentile(0.99) / measuredBare.Percentile(0.99):0.00}"));
    }

    private static string Line(string name, Measured measured) => string.Create(
        CultureInfo.InvariantCulture,
        $"  {name}   {measured.PerSecond,8:0} req/s   p50 {measured.Percentile(0.5),7:0.0} us   p99 {measured.Percentile(0.99),7:0.0} us   server CPU {measured.CpuMicroseconds,6:0.0} us/req   allocated {measured.AllocatedBytes,6:0} B/req");

    private static async Task<(string Path, string Key)> Deploy(ServerProcess silo, string folder, string model)
    {
        using var client = await SiloClient.Open(silo.Address, folder);
        var project = await client.Project("benchmark");
        var registered = await client.Register(project, await File.ReadAllBytesAsync(model), TreeModel.Csv(2_000));
        var deployment = await client.Deploy(project, registered, "production");
        return ($"/api/mlops/deployments/{deployment}/predict", await client.PredictKey());
    }
}
