using System.Diagnostics;
using System.Globalization;
using MlOps.Contributions;

namespace MlOps.Benchmarks.Contributions;

/// <summary>Rows explained per second on one thread, beside LightGBM's own contributions of the same model, in turns.</summary>
internal static class ContributionsBenchmark
{
    private const int TrainingRows = 20_000;
    private const int Rows = 512;
    private const int Rounds = 5;

    private static readonly (int Trees, int Leaves, int Columns)[] Models = [(100, 31, 17), (100, 31, 100), (500, 63, 17), (500, 63, 100)];

    public static int Run(string[] args)
    {
        var seconds = Options.Number(args, "--seconds", 1);
        Console.WriteLine($"Rows a second on one thread, medians of {Rounds} rounds in turns; the same rows, doubles, covers and trees.");
        Console.WriteLine("trees x leaves, features | batch of 512: LightGBM      ours  ratio | single rows: LightGBM      ours  ratio | largest difference");
        foreach (var (trees, leaves, columns) in Models)
        {
            Measure(trees, leaves, columns, TimeSpan.FromSeconds(seconds));
        }

        return 0;
    }

    private static void Measure(int trees, int leaves, int columns, TimeSpan time)
    {
        var random = new Random(3);
        var rows = Enumerable.Range(0, TrainingRows * columns).Select(_ => random.NextDouble()).ToArray();
        var labels = Enumerable.Range(0, TrainingRows).Select(row => Label(rows.AsSpan(row * columns, columns), random)).ToArray();
        var parameters = string.Create(CultureInfo.InvariantCulture, $"objective=binary num_leaves={leaves} learning_rate=0.05 num_threads=1 deterministic=true force_row_wise=true seed=1 verbosity=-1");
        using var trained = LightGbm.Train(rows, labels, columns, trees, parameters);
        var explainer = new TreeExplainer(LightGbmEnsemble.Of(LightGbmTree.Parse(trained.Text), columns), [.. Enumerable.Range(0, columns)], columns);
        var (asked, one) = (rows[..(Rows * columns)], new double[columns]);
        var (found, ofOne) = (new double[Rows * columns], new double[columns]);

        var (theirs, ours, theirsAlone, oursAlone) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            theirs.Add(RowsPerSecond(time, Rows, _ => trained.Contributions(asked)));
            ours.Add(RowsPerSecond(time, Rows, _ => explainer.Explain(asked, Rows, 0, found)));
            theirsAlone.Add(RowsPerSecond(time, 1, call => trained.Contributions(Row(call))));
            oursAlone.Add(RowsPerSecond(time, 1, call => explainer.Explain(Row(call), 1, 0, ofOne)));
        }

        var own = trained.Contributions(asked);
        var difference = Enumerable.Range(0, Rows * columns).Max(at => Math.Abs(found[at] - own[(at / columns * (columns + 1)) + (at % columns)]));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{trees,5} x {leaves,-6}, {columns,8} | {Median(theirs),22:0} {Median(ours),9:0} {Median(ours) / Median(theirs),6:0.00} | {Median(theirsAlone),21:0} {Median(oursAlone),9:0} {Median(oursAlone) / Median(theirsAlone),6:0.00} | {difference:0.0e+0}"));

        double[] Row(int call)
        {
            Array.Copy(asked, call % Rows * columns, one, 0, columns);
            return one;
        }
    }

    private static double RowsPerSecond(TimeSpan time, int rows, Action<int> call)
    {
        call(0);
        var started = Stopwatch.GetTimestamp();
        var calls = 0;
        while (Stopwatch.GetElapsedTime(started) < time)
        {
            call(++calls);
        }

        return calls * rows / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static float Label(ReadOnlySpan<double> row, Random random) =>
        (row[0] * row[1]) + Math.Sin(row[2] * 6) + (row[3] > 0.5 ? row[4] : -row[5]) + (0.3 * random.NextDouble()) > 0.6 ? 1 : 0;
}
