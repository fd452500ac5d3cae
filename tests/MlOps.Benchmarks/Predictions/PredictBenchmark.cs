using System.Globalization;

namespace MlOps.Benchmarks.Predictions;

/// <summary>Predict on the silo beside a handler that does nothing else, and beside the silo of another build (<c>--beside</c>), the same model and load in one run, in turns.</summary>
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
            Console.WriteLine($"30 features x 100 trees of depth 5; {rounds} rounds of {seconds} s each way, in turns; journal {journal}; load from this process on the same {Environment.ProcessorCount} cores");
            using var silo = await Silo(ServerProcess.ThisProgram, Path.Combine(folder, "silo"), model, journal);
            using var bare = new Contestant("bare", await ServerProcess.Start("bare-handler", model), "/predict", null);
            using var other = Options.Text(options, "--beside", "") is { Length: > 0 } build ? await Silo(build, Path.Combine(folder, "other"), model, journal) : null;
            var rows = TreeModel.Rows(BatchRows);
            foreach (var (what, connections, count) in Cases(options))
            {
                var body = count == 1 ? $"{{\"inputs\":{rows[0]}}}" : $"{{\"inputs\":[{string.Join(",", rows)}]}}";
                Console.WriteLine($"\n{what}");
                await Compare(other is null ? [silo, bare] : [silo, bare, other], body, connections, TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(warm), rounds);
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

    // The first against each of the others.
    private static async Task Compare(Contestant[] contestants, string body, int connections, TimeSpan duration, TimeSpan warm, int rounds)
    {
        var turns = contestants.Select(each => (each.Name, each.Server, Request: SiloClient.Request(each.Server.Address, each.Path, each.Key, body), Measured: new Measured())).ToArray();
        // Until all have been compiled for good.
        foreach (var turn in turns)
        {
            await LoadGenerator.Run(turn.Server.Address, turn.Request, connections, warm);
        }

        for (var round = 0; round < rounds; round++)
        {
            foreach (var turn in turns)
            {
                await turn.Measured.Add(turn.Server, turn.Request, connections, duration);
            }
        }

        var (_, _, _, first) = turns[0];
        foreach (var (name, _, _, measured) in turns)
        {
            Console.WriteLine(Line(name, measured));
        }

        foreach (var (name, _, _, measured) in turns.Skip(1))
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  to {name,-5}  throughput {first.PerSecond / measured.PerSecond:0.00}   p50 {first.Percentile(0.5) / measured.Percentile(0.5):0.00}   p99 {first.Percentile(0.99) / measured.Percentile(0.99):0.00}"));
        }
    }

    private static string Line(string name, Measured measured) => string.Create(
        CultureInfo.InvariantCulture,
        $"  {name,-5}  {measured.PerSecond,8:0} req/s   p50 {measured.Percentile(0.5),7:0.0} us   p99 {measured.Percentile(0.99),7:0.0} us   server CPU {measured.CpuMicroseconds,6:0.0} us/req   generator CPU {measured.GeneratorMicroseconds,5:0.0} us/req   allocated {measured.AllocatedBytes,6:0} B/req");

    private static async Task<Contestant> Silo(string program, string folder, string model, string journal)
    {
        Directory.CreateDirectory(folder);
        var server = await ServerProcess.StartOf(program, "silo", folder, JournalState.Environment(journal));
        try
        {
            using var client = await SiloClient.Open(server.Address, folder);
            var project = await client.Project("benchmark");
            var registered = await client.Register(project, await File.ReadAllBytesAsync(model), TreeModel.Csv(2_000));
            var deployment = await client.Deploy(project, registered, "production");
            return new Contestant(Path.GetFileName(folder), server, $"/api/mlops/deployments/{deployment}/predict", await client.PredictKey());
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>A server with the model, and how it is asked.</summary>
    private sealed record Contestant(string Name, ServerProcess Server, string Path, string? Key) : IDisposable
    {
        public void Dispose() => Server.Dispose();
    }
}
