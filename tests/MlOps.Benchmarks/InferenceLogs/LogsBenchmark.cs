using System.Diagnostics;
using System.Globalization;
using MlOps.InferenceLogs;

namespace MlOps.Benchmarks.InferenceLogs;

/// <summary>Committed rows per second, and how long a page takes wherever it begins: rows of one hour, and of thirty days.</summary>
internal static class LogsBenchmark
{
    private const int RowsInCommit = 25_000;
    private const int PageRows = 50;
    private const int Repeats = 21;

    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static async Task<int> Run(string[] options)
    {
        var rows = Options.Number(options, "--rows", 1_000_000);
        await On("SQLite", null, rows);
        var at = Array.IndexOf(options, "--postgres");
        if (at >= 0)
        {
            await On("PostgreSQL", options[at + 1], rows);
        }

        return 0;
    }

    private static async Task On(string name, string? postgres, int rows)
    {
        var folder = Directory.CreateTempSubdirectory("mlops-logs-");
        try
        {
            var settings = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["Storage:Data"] = folder.FullName, ["Storage:Postgres"] = postgres }).Build();
            if (postgres is not null)
            {
                await settings.MigrateMlOpsStorage(CancellationToken.None);
            }

            var services = new ServiceCollection();
            services.AddLogging();
            services.AddMlOpsStorage(settings);
            await using var provider = services.BuildServiceProvider();
            foreach (var (span, what) in new[] { (TimeSpan.FromHours(1), "one hour"), (TimeSpan.FromDays(30), "thirty days") })
            {
                var log = new SampleLog(Start, span, rows);
                await Fill($"{name}, {what}", provider.GetRequiredService<IInferenceStore>(), log);
                await Pages($"{name}, {what}", provider.GetRequiredService<IInferenceReader>(), log);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task Fill(string name, IInferenceStore store, SampleLog log)
    {
        var (spent, slowest) = (TimeSpan.Zero, TimeSpan.Zero);
        foreach (var commit in log.Commits(RowsInCommit))
        {
            var watch = Stopwatch.StartNew();
            if (!await store.Commit(commit, CancellationToken.None))
            {
                throw new InvalidOperationException("The journal is elsewhere.");
            }

            spent += watch.Elapsed;
            slowest = watch.Elapsed > slowest ? watch.Elapsed : slowest;
        }

        Print($"{name}: {log.Rows / spent.TotalSeconds:N0} rows/s committed, {RowsInCommit:N0} at once; slowest commit {slowest.TotalMilliseconds:N0} ms");
    }

    private static async Task Pages(string name, IInferenceReader reader, SampleLog log)
    {
        var range = LogRange.All;
        var middle = LogRange.Of(Start + (log.Span * 0.21), Start + (log.Span * 0.83), null);
        (string What, LogFilter Filter)[] filters =
        [
            ("all", new(range)),
            ("since, until", new(middle)),
            ("status 200", new(range, 200)),
            ("status 422, 1 %", new(range, 422)),
            ("class, half", new(range, Label: "yes")),
            ("class, 1 in 1,000", new(range, Label: "rare")),
            ("external id", new(range, ExternalId: "e77")),
        ];
        foreach (var (what, filter) in filters)
        {
            var total = (await reader.Page(log.Deployment.Id, filter, LogOrder.NewestFirst, new(1, 0), CancellationToken.None)).Total;
            var times = new List<string>();
            foreach (var share in new[] { 0, 0.5, 0.99 })
            {
                var took = new List<double>();
                for (var repeat = 0; repeat < Repeats; repeat++)
                {
                    var watch = Stopwatch.StartNew();
                    await reader.Page(log.Deployment.Id, filter, LogOrder.NewestFirst, new(PageRows, (long)(total * share)), CancellationToken.None);
                    took.Add(watch.Elapsed.TotalMilliseconds);
                }

                took.Sort();
                times.Add($"{took[Repeats / 2]:0.0} ({took[^1]:0.0})");
            }

            Print($"{name}: page of {what}, {total:N0} rows: at 0, half, 99 %: {string.Join(", ", times)} ms (median, slowest of {Repeats})");
        }
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
