using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace MlOps.Benchmarks.Predictions;

/// <summary>Predict on the silo beside a handler that does nothing else, the same model and load in one run, in turns.</summary>
internal static class PredictBenchmark
{
    private const int Connections = 16;
    private const int BatchRows = 100;

    public static async Task<int> Run(string[] options)
    {
        var seconds = Option(options, "--seconds", 2);
        var rounds = Option(options, "--rounds", 10);
        var warm = Option(options, "--warm", 10);
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
            foreach (var (what, connections, count) in Cases(options))
            {
                var body = count == 1 ? $"{{\"inputs\":{rows[0]}}}" : $"{{\"inputs\":[{string.Join(",", rows)}]}}";
                await Compare(what, silo, bare, path, key, body, connections, TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(warm), rounds);
            }

            Console.WriteLine("bars: throughput at 16 connections >= 0.90, p50 at 1 connection <= 1.25");
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
        return Option(options, "--only", 0) is var only and > 0 ? [all[only - 1]] : all;
    }

    private static async Task Compare(string what, ServerProcess silo, ServerProcess bare, string path, string key, string body, int connections, TimeSpan duration, TimeSpan warm, int rounds)
    {
        var (ours, theirs) = (Request(silo.Address, path, key, body), Request(bare.Address, "/predict", null, body));
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
        var key = (await File.ReadAllTextAsync(Path.Combine(folder, "data", "admin.key"))).Trim();
        using var client = new HttpClient { BaseAddress = silo.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        var project = await Post(client, "/api/projects", new StringContent("""{"name": "benchmark"}""", Encoding.UTF8, "application/json"), "project_id");
        using var form = new MultipartFormDataContent
        {
            { new StringContent(project), "project_id" }, { new StringContent("forest"), "name" }, { new StringContent("GBM"), "algo" },
            { new ByteArrayContent(await File.ReadAllBytesAsync(model)), "file", "model.onnx" },
            { new StringContent(TreeModel.Csv(2_000)), "baseline", "baseline.csv" },
        };
        var registered = await Post(client, "/api/models", form, "id");
        var body = $$"""{"model_id": "{{registered}}", "name": "benchmark", "stage": "production"}""";
        var deployment = await Post(client, $"/api/mlops/projects/{project}/deployments", new StringContent(body, Encoding.UTF8, "application/json"), "deployment_id");
        var created = await Post(client, "/api/auth/api-keys", new StringContent("""{"name": "benchmark", "scopes": ["predict"]}""", Encoding.UTF8, "application/json"), "key");
        return ($"/api/mlops/deployments/{deployment}/predict", created);
    }

    private static async Task<string> Post(HttpClient client, string path, HttpContent body, string field)
    {
        using var response = await client.PostAsync(path, body);
        var text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode ? JsonDocument.Parse(text).RootElement.GetProperty(field).GetString()! : throw new InvalidOperationException(text);
    }

    private static byte[] Request(Uri server, string path, string? key, string body) => Encoding.UTF8.GetBytes(
        $"POST {path} HTTP/1.1\r\nHost: {server.Authority}\r\n{(key is null ? "" : $"Authorization: Bearer {key}\r\n")}Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");

    private static int Option(string[] options, string name, int otherwise)
    {
        var at = Array.IndexOf(options, name);
        return at >= 0 && at + 1 < options.Length ? int.Parse(options[at + 1], CultureInfo.InvariantCulture) : otherwise;
    }
}
