using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using MlOps.Benchmarks.Predictions;

namespace MlOps.Benchmarks.Models;

/// <summary>A large baseline as Parquet and as CSV of the same rows, each registered with a model: time, memory, progress, and whether the bins are equal.</summary>
internal static class BaselineBenchmark
{
    private const int Columns = TreeModel.Features;

    public static async Task<int> Run(string[] options)
    {
        var at = Array.IndexOf(options, "--rows");
        var rows = at >= 0 ? int.Parse(options[at + 1], CultureInfo.InvariantCulture) : 5_000_000;
        var folder = Directory.CreateTempSubdirectory("mlops-baseline-").FullName;
        try
        {
            var made = new BaselineRows(rows, Columns);
            var (parquet, csv) = (Path.Combine(folder, "baseline.parquet"), Path.Combine(folder, "baseline.csv"));
            var clock = Stopwatch.StartNew();
            made.Write(parquet, csv);
            Console.WriteLine($"{rows} rows x {Columns} columns made in {clock.Elapsed.TotalSeconds:0} s: Parquet {MiB(new FileInfo(parquet).Length)}, CSV {MiB(new FileInfo(csv).Length)}");
            string[] models;
            using (var silo = await ServerProcess.Start("silo", folder))
            {
                using var client = new HttpClient { BaseAddress = silo.Address, Timeout = Timeout.InfiniteTimeSpan };
                client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(Path.Combine(folder, "data", "admin.key"))).Trim());
                using var project = await client.PostAsync("/api/projects", new StringContent("""{"name": "baselines"}""", Encoding.UTF8, "application/json"));
                var id = (await Json(project)).GetProperty("project_id").GetString()!;
                models = [await Measure(silo, client, id, parquet, made.Metadata), await Measure(silo, client, id, csv, made.Metadata)];
            }

            var (first, second) = (Frozen(folder, models[0]), Frozen(folder, models[1]));
            Console.WriteLine(first == second ? $"bins equal: {first.Length} characters of frozen bins and signature" : "bins DIFFER");
            return first == second ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> Measure(ServerProcess silo, HttpClient client, string project, string file, string metadata)
    {
        await using var memory = new MemorySampler(silo.Id);
        var clock = Stopwatch.StartNew();
        using var form = new MultipartFormDataContent
        {
            { new StringContent(project), "project_id" }, { new StringContent(Path.GetFileName(file)), "name" }, { new StringContent("GBM"), "algo" },
            { new StringContent(metadata), "metadata" },
            { new ByteArrayContent(TreeModel.Write()), "file", "model.onnx" },
            { new StreamContent(File.OpenRead(file), 1 << 20), "baseline", Path.GetFileName(file) },
        };
        using var response = await client.PostAsync("/api/models", form);
        var model = await Json(response);
        var answered = clock.Elapsed;
        var job = model.GetProperty("baseline_job_id").GetString() ?? throw new InvalidOperationException($"No job: {model}");
        var progress = new List<string>();
        var next = 0.0;
        JsonElement state;
        while (true)
        {
            using var polled = await client.GetAsync($"/api/jobs/{job}");
            state = (await Json(polled)).GetProperty("job");
            if (state.GetProperty("status").GetString() is "succeeded" or "failed")
            {
                break;
            }

            if (clock.Elapsed.TotalSeconds >= next)
            {
                progress.Add(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed.TotalSeconds:0}s {state.GetProperty("progress").GetDouble():0.00}"));
                next = clock.Elapsed.TotalSeconds + 5;
            }

            await Task.Delay(100);
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Path.GetFileName(file)}: upload and answer {answered.TotalSeconds:0.0} s, job {(clock.Elapsed - answered).TotalSeconds:0.0} s, {state.GetProperty("status").GetString()} {state.GetProperty("error")}"));
        Console.WriteLine($"  resident: at rest {MiB(memory.Resting)}, server at most {MiB(memory.Process)}, child at most {MiB(memory.Children)}, both above rest at most {MiB(memory.Growth)}");
        Console.WriteLine($"  progress: {string.Join(", ", progress)}, then {state.GetProperty("progress")}");
        Console.WriteLine($"  result: {state.GetProperty("result")}");
        return model.GetProperty("id").GetString()!;
    }

    private static async Task<JsonElement> Json(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode ? JsonSerializer.Deserialize<JsonElement>(text) : throw new InvalidOperationException(text);
    }

    private static string Frozen(string folder, string model)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "data", "catalogue.db")};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "select baseline || signature from models where id = $id";
        command.Parameters.AddWithValue("$id", model);
        return command.ExecuteScalar() as string ?? "";
    }

    private static string MiB(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 20):0} MiB");
}
