using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using MlOps.Benchmarks.Predictions;

namespace MlOps.Benchmarks.Models;

/// <summary>Many models on one silo: what a load takes, how much memory a loaded one, and whether it comes back.</summary>
internal static class DensityBenchmark
{
    private const int SmallTrees = 55;
    private const int LargeTrees = 212;
    private const int Hot = 100;

    public static async Task<int> Run(string[] options)
    {
        var models = Options.Number(options, "--models", 2_000);
        var deployments = Options.Number(options, "--deployments", 10_000);
        var large = models / 20;
        var folder = Directory.CreateTempSubdirectory("mlops-benchmark-").FullName;
        try
        {
            var (small, big) = (TreeModel.Write(SmallTrees), TreeModel.Write(LargeTrees));
            Console.WriteLine($"{models} models of {small.Length >> 10} KiB and {large} of {big.Length >> 10} KiB, {deployments} deployments; {Environment.ProcessorCount} cores for silo and client");
            var (project, key) = await FirstModel(folder, small);
            var seeded = Stopwatch.GetTimestamp();
            var seed = await DensitySeed.Write(folder, project, models, SmallTrees, large, LargeTrees, deployments);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"written straight into the catalogue, without a check of each file: {Stopwatch.GetElapsedTime(seeded).TotalSeconds:0} s"));
            using var silo = await ServerProcess.Start("silo", folder);
            return await Measure(silo, folder, seed, key);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // One goes the whole way; the others are copies of what was understood of it.
    private static async Task<(string Project, string Key)> FirstModel(string folder, byte[] model)
    {
        using var silo = await ServerProcess.Start("silo", folder);
        using var client = await SiloClient.Open(silo.Address, folder);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  start of an empty silo: {silo.StartTime.TotalSeconds:0.##} s"));
        var project = await client.Project("benchmark");
        await client.Register(project, model, TreeModel.Csv(2_000));
        return (project, await client.PredictKey());
    }

    private static async Task<int> Measure(ServerProcess silo, string folder, DensitySeed seed, string key)
    {
        var held = Bar("start with all of them registered", silo.StartTime.TotalSeconds, "s", 3, atMost: true);
        using var http = new HttpClient { BaseAddress = silo.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        // Until the way is compiled: its own models are not counted below.
        await Cold(http, seed.WarmUp);
        var empty = silo.ResidentBytes;
        var hot = await Cold(http, seed.Small.Take(Hot));
        Line($"first request of {Hot} deployments", hot);
        Line("the same again", await Cold(http, seed.Small.Take(Hot)));
        var small = await Cold(http, seed.Small.Skip(Hot));
        var (full, accounted) = (silo.ResidentBytes, await silo.Accounted());
        Line($"first request of {small.Count} more", small);
        var big = await Cold(http, seed.Large);
        Line($"first request of {big.Count} large ones", big);
        held &= Bar("load and first answer, p99 over all", Percentile([.. hot, .. small, .. big], 0.99), "ms", 20, atMost: true);
        held &= Bar("loaded models of 100 KiB per GiB of resident memory", seed.Small.Count / ((full - empty) / (double)(1 << 30)), "", 1_000, atMost: false);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  resident {empty >> 20} MiB without models, {full >> 20} MiB with {seed.Small.Count}; the silo counts {accounted >> 20} MiB, {accounted / (double)(full - empty):0.00} of it"));
        var peak = silo.ResidentBytes;
        var unloading = Stopwatch.GetTimestamp();
        using (var client = await SiloClient.Open(silo.Address, folder))
        {
            await Parallel.ForEachAsync(
                seed.WarmUp.Concat(seed.Small).Concat(seed.Large), new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (deployment, _) => await client.Send(HttpMethod.Post, $"/api/mlops/deployments/{deployment}/deactivate"));
        }

        var deactivated = Stopwatch.GetElapsedTime(unloading);
        await Task.Delay(TimeSpan.FromSeconds(5));
        var after = silo.ResidentBytes;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  all deactivated in {deactivated.TotalSeconds:0} s; resident {peak >> 20} MiB before, {after >> 20} MiB 5 s after"));
        held &= Bar("memory returned after unloading", (peak - after) / (double)(peak - empty), "of what loading took", 0.9, atMost: false);
        Console.WriteLine($"bars: {(held ? "held" : "MISSED")}");
        return held ? 0 : 1;
    }

    private static async Task<List<double>> Cold(HttpClient http, IEnumerable<string> deployments)
    {
        var latencies = new List<double>();
        var body = $"{{\"inputs\":{TreeModel.Rows(1)[0]}}}";
        foreach (var deployment in deployments)
        {
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            var started = Stopwatch.GetTimestamp();
            using var response = await http.PostAsync($"/api/mlops/deployments/{deployment}/predict", content);
            latencies.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            if (!response.IsSuccessStatusCode)
            {
                throw new InvalidOperationException(await response.Content.ReadAsStringAsync());
            }
        }

        return latencies;
    }

    private static double Percentile(List<double> latencies, double share) => latencies.Order().ElementAt((int)(share * (latencies.Count - 1)));

    private static void Line(string what, List<double> latencies) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"  {what,-40} p50 {Percentile(latencies, 0.5),6:0.0} ms   p99 {Percentile(latencies, 0.99),6:0.0} ms   max {latencies.Max(),6:0.0} ms"));

    private static bool Bar(string what, double measured, string unit, double bar, bool atMost)
    {
        var held = atMost ? measured <= bar : measured >= bar;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {what}: {measured:0.##} {unit} (bar {(atMost ? "<=" : ">=")} {bar}): {(held ? "held" : "MISSED")}"));
        return held;
    }
}
