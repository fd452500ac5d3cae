using System.Globalization;

namespace MlOps.Benchmarks.Predictions;

/// <summary>Predict on the silo beside a handler that does nothing else, the same model and load in one run, in turns.</summary>
internal static class PredictBenchmark
{
    private const int Connections = 16;
    private const int BatchRows = 100;

    public static async Task<int> Run(string[] options)
    {
        var seconds = Options.Number(options, "--seconds", 2);
        var rounds = Options.Number(options, "--rounds", 10);
        var journal = Options.Text(options, "--journal", JournalState.Off);
        var warm = Options.Number(options, "--warm", 10);
        var folder = Directory.CreateTempSubdirectory("mlops-benchmark-").FullName;
        try
        {
            var model = Path.Combine(folder, "model.onnx");
            await File.WriteAllBytesAsync(model, TreeModel.Write());
            using var silo = await ServerProcess.Start("silo", folder, JournalState.Environment(journal));
            using var bare = await ServerProcess.Start("bare-handler", model);
            var (path, key) = await Deploy(silo, folder, model);
            var rows = TreeModel.Rows(BatchRows);
            Console.WriteLine($"30 features x 100 trees of depth 5; {rounds} rounds of {seconds} s each way, in turns; journal {journal}; load from this process on the same {Environment.ProcessorCount} cores");
            foreach (var (what, connections, count) in Cases(options))
            {
                var body = count == 1 ? $"{{\"inputs\":{rows[0]}}}" : $"{{\"inputs\":[{string.Join(",", rows)}]}}";
                await Compare(what, silo, bare, path, key, body, connections, TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(warm), rounds);
            }

            Console.WriteLine("bars: throughput at 16 connections >= 0.90 with the journal off, 0.85 paused, 0.75 steady; p50 at 1 connection <= 1.25 with the journal off");
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // All four, or one: --only 3 is the third.
    private static (string What, int Connections, int Rows)[] Cases(string[] options)
    {
        (string, int, int)[] all =
        [
            ("1 row, 1 connection", 1, 1), ($"1 row, {Connections} connections", Connections, 1),
            ($"{BatchRows} rows, 1 connection", 1, BatchRows), ($"{BatchRows} rows, {Connections} connections", Connections, BatchRows),
        ];
        return Options.Number(options, "--only", 0) is var only and > 0 ? [all[only - 1]] : all;
    }

    private static async Task Compare(string what, ServerProcess silo, ServerProcess bare, string path, string key, string body, int connections, TimeSpan duration, TimeSpan warm, int rounds)
    {
        var (ours, theirs) = (SiloClient.Request(silo.Address, path, key, body), SiloClient.Request(bare.Address, "/predict", null, body));
        // Until both have been compiled for good.
        await LoadGenerator.Run(silo.Address, ours, connections, warm);
        await LoadGenerator.Run(bare.Address, theirs, connections, warm);
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
        $"  {name}   {measured.PerSecond,8:0} req/s   p50 {measured.Percentile(0.5),7:0.0} us   p99 {measured.Percentile(0.99),7:0.0} us   server CPU {measured.CpuMicroseconds,6:0.0} us/req   generator CPU {measured.GeneratorMicroseconds,5:0.0} us/req   allocated {measured.AllocatedBytes,6:0} B/req");

    private static async Task<(string Path, string Key)> Deploy(ServerProcess silo, string folder, string model)
    {
        using var client = await SiloClient.Open(silo.Address, folder);
        var project = await client.Project("benchmark");
        var registered = await client.Register(project, await File.ReadAllBytesAsync(model), TreeModel.Csv(2_000));
        var deployment = await client.Deploy(project, registered, "production");
        return ($"/api/mlops/deployments/{deployment}/predict", await client.PredictKey());
    }
}
